package secret

import (
	"context"
	"sync"
)

// Memory keeps secrets as long as the process lives. The zero value is ready.
type Memory struct {
	mu   sync.Mutex
	kept map[string]Secret
}

// Get gives the secret of an account: ErrNotFound.
func (m *Memory) Get(_ context.Context, account string) (Secret, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.kept[account]; ok {
		return s, nil
	}
	return Secret{}, ErrNotFound
}

// Set keeps a secret in the place of any other of its account.
func (m *Memory) Set(_ context.Context, account string, s Secret) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]Secret{}
	}
	m.kept[account] = s
	return nil
}

// Delete forgets a secret: ErrNotFound.
func (m *Memory) Delete(_ context.Context, account string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.kept[account]; !ok {
		return ErrNotFound
	}
	delete(m.kept, account)
	return nil
}
