package runner

import (
	"fmt"

	"burnish/backend/wire"
)

// erasedSince finds a job that has written to the drive of this one since this one began to, nil for none. What lies on the
// drive now is that job's, or came after it.
func (r *run) erasedSince() (*wire.StartRequest, error) {
	ids, err := r.Dir.ids()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if id == r.id {
			continue
		}
		req, err := r.Dir.request(id)
		if err != nil || !req.Drive.Same(r.req.Drive) {
			continue // what a damaged job did to which drive nobody knows
		}
		root, err := r.Dir.root(id)
		if err != nil {
			return nil, err
		}
		d, err := deedsOf(root)
		if err := root.Close(); err != nil {
			return nil, err
		}
		if err != nil {
			return nil, fmt.Errorf("job %s, which had the same drive: %w", id, err)
		}
		if d.lastMs > r.deeds.firstMs {
			return &req, nil
		}
	}
	return nil, nil
}
