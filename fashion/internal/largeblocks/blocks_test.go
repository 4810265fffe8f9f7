//go:build linux && cgo

package largeblocks

import (
	"sync"
	"testing"
	"unsafe"
)

func TestFreedBlockServesTheNextOneOfAboutItsSize(t *testing.T) {
	const size = 10 * Minimum // as no other test has
	first := Allocate(size + 5<<20)
	Free(first)
	smaller := Allocate(size)
	if smaller != first {
		t.Errorf("the block is at %p, want the freed one at %p", smaller, first)
	}
	other := Allocate(size)
	if other == first {
		t.Error("a block in use was handed out once more")
	}
	Free(smaller)
	Free(other)
	twice := Allocate(4 * size)
	if twice == first || twice == other {
		t.Error("a block was handed out that is too small")
	}
	Free(twice)
	if small := Allocate(size); small == twice {
		t.Error("a block was handed out that is more than half as large again")
	}
}

func TestNoMoreThanTheKeptBlocksStayIdle(t *testing.T) {
	var blocks []unsafe.Pointer
	for range Kept + 2 {
		blocks = append(blocks, Allocate(8*Minimum))
	}
	for _, b := range blocks {
		Free(b)
	}
	if got := idle(); got != Kept {
		t.Errorf("%d blocks are idle, want %d", got, Kept)
	}
}

func TestVeryLargeBlocksAreKeptOneByOne(t *testing.T) {
	first, second := Allocate(KeptBytes/2+1), Allocate(KeptBytes+1)
	Free(first)
	Free(second)
	if got := idle(); got != 1 {
		t.Errorf("%d blocks are idle, want the last alone", got)
	}
	if again := Allocate(KeptBytes + 1); again != second {
		t.Errorf("the block is at %p, want the last freed one, at %p", again, second)
	} else {
		Free(again)
	}
}

func TestSmallBlocksAndNilAreLeftToTheCLibrary(t *testing.T) {
	before := idle()
	small := Allocate(1000)
	if uintptr(small)%64 != 0 {
		t.Errorf("the block is at %p, want a multiple of 64", small)
	}
	Free(small)
	Free(nil)
	if got := idle(); got != before {
		t.Errorf("%d blocks are idle, want %d", got, before)
	}
}

func TestMemoryThatCannotBeHadIsNil(t *testing.T) {
	if got := Allocate(1 << 60); got != nil {
		t.Errorf("the block is at %p, want none", got)
	}
}

func TestBlocksOfManyThreadsDoNotOverlap(t *testing.T) {
	var done sync.WaitGroup
	for worker := range 4 {
		done.Go(func() {
			for round := range 50 {
				size := Minimum + (worker*50+round)%7<<20
				block := Allocate(size)
				values := unsafe.Slice((*byte)(block), size)
				for i := 0; i < size; i += 1 << 18 {
					values[i] = byte(worker)
				}
				for i := 0; i < size; i += 1 << 18 {
					if values[i] != byte(worker) {
						t.Errorf("worker %d finds a value of worker %d", worker, values[i])
						break
					}
				}
				Free(block)
			}
		})
	}
	done.Wait()
}

func TestLibraryThatIsNotLoadedIsLeftAlone(t *testing.T) {
	if Serve("/nowhere/library.so") {
		t.Error("a library that is not there is served")
	}
}
