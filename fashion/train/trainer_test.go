package train

// Programs is how many programs a trainer has, each of which it compiled once.
func (t *Trainer) Programs() int { return len(t.programs) }

// SetTogether has a trainer do so many steps in an execution, as on a GPU.
func (t *Trainer) SetTogether(steps int) { t.together = steps }
