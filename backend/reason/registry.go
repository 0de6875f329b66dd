package reason

// registry holds the reasons of each kind. An entry's kind is said here, by the file in which it stands.
var registry = registered(
	family{Evidence, evidence},
	family{Doubt, doubts},
	family{Person, wishes},
	family{Note, notes},
	family{Refusal, refusals},
	family{Use, misuses},
	family{Reach, unreachable},
	family{Fault, faults},
)

// byCode is made from registry once, at start.
var byCode = func() map[Code]Entry {
	m := make(map[Code]Entry, len(registry))
	for _, e := range registry {
		if _, twice := m[e.Code]; twice {
			panic("reason: " + string(e.Code) + " is registered twice")
		}
		m[e.Code] = e
	}
	return m
}()

// family is all reasons of one kind.
type family struct {
	kind    Kind
	entries []Entry
}

func registered(families ...family) (all []Entry) {
	for _, f := range families {
		for _, e := range f.entries {
			e.Kind = f.kind
			all = append(all, e)
		}
	}
	return all
}
