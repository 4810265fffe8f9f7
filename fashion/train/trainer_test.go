package train

// Programs is how many programs a trainer has, each of which it compiled once.
func (t *Trainer) Programs() int { return len(t.programs) }
