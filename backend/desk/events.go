package desk

// Event is what the page is told of unasked: a name, and what data comes with it.
type Event[T any] struct{ Name string }

// Nothing is the data of an event that is all said by its name; it is nil.
type Nothing *struct{}

// All events there are. build/contract reads them from here, for the page.
var (
	// Changed tells which rows changed.
	Changed = Event[Delta]{"burnish"}
	// Stepped tells how far adding, changing or testing a NAS has got.
	Stepped = Event[Steps]{"burnish:steps"}
	// Closing has the page ask whether to close.
	Closing = Event[Nothing]{"burnish:close"}
	// Opened has the page show the job of this id: a person has clicked on a notice of it.
	Opened = Event[string]{"burnish:open"}
)

// tell gives an event to the page.
func tell[T any](d *Desk, event Event[T], data T) {
	d.emitting.Lock()
	defer d.emitting.Unlock()
	d.Emit(event.Name, data)
}
