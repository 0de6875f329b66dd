package burnin

import "fmt"

// Transitions are data. What is not listed is an error that names both states.
var (
	jobNext = map[State][]State{
		Queued:  {Running, Cancelled, Unknown},
		Running: {Passed, Failed, Cancelled, Unknown},
		Unknown: {Queued}, // resume: the next run begins as the first did
	}
	stageNext = map[State][]State{
		Pending: {Running, Skipped},
		Running: {Passed, Failed, Cancelled, Unknown},
		Unknown: {Running, Skipped}, // resume, or never resumed
	}
)

// TransitionError names a change of state that is not allowed.
type TransitionError struct {
	What     string // "job" or the stage's kind
	From, To State
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("%s cannot go from %s to %s", e.What, e.From, e.To)
}

func move(what string, next map[State][]State, at *State, to State) error {
	for _, s := range next[*at] {
		if s == to {
			*at = to
			return nil
		}
	}
	return &TransitionError{What: what, From: *at, To: to}
}
