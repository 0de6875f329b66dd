package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"

	lib "modernc.org/sqlite/lib"

	"burnish/backend/profile"
	"burnish/backend/reason"
)

// selectProfile must name the columns in the order of scanProfile.
const selectProfile = `SELECT id, name, host, port, user, key_file, agent, sudo, host_key, state_dir, virtual_drives,
	machine_id, hostname, slots, created_ms, password, legacy, secrets, jump_host, jump_port, jump_user, jump_key,
	auto_resume, keep_days, smart_types FROM profiles`

func scanProfile(row scanner) (p profile.Profile, err error) {
	err = row.Scan(&p.ID, &p.Name, &p.Host, &p.Port, &p.User, &p.KeyFile, &p.Agent, &p.Sudo, &p.HostKey, &p.StateDir,
		&p.VirtualDrives, &p.MachineID, &p.Hostname, &p.Slots, &p.CreatedMs, &p.Password, &p.Legacy, &p.Secrets,
		&p.Jump.Host, &p.Jump.Port, &p.Jump.User, &p.Jump.HostKey, &p.AutoResume, &p.KeepDays, (*types)(&p.SMARTTypes))
	return p, err
}

// types is a profile's device types as they are stored: one JSON object.
type types map[string]string

// Value writes them.
func (t types) Value() (driver.Value, error) {
	if len(t) == 0 {
		return "{}", nil
	}
	text, err := json.Marshal(map[string]string(t))
	return string(text), err
}

// Scan reads them; none are nil.
func (t *types) Scan(from any) error {
	text, _ := from.(string)
	all := map[string]string{}
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return fmt.Errorf("device types: %w", err)
	}
	if *t = nil; len(all) > 0 {
		*t = all
	}
	return nil
}

// AddProfile saves a new profile after checking it: bad_profile, or nas_exists if its name is taken.
func (s *Store) AddProfile(ctx context.Context, p profile.Profile) error {
	if err := p.Check(); err != nil {
		return err
	}
	return s.change(ctx, "add the profile "+p.Name, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO profiles (id, name, host, port, user, key_file, agent, sudo, host_key,
			state_dir, virtual_drives, machine_id, hostname, slots, created_ms, password, legacy, secrets, jump_host,
			jump_port, jump_user, jump_key, auto_resume, keep_days, smart_types) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
			p.ID, p.Name, p.Host, p.Port, p.User, p.KeyFile, p.Agent, p.Sudo, p.HostKey,
			p.StateDir, p.VirtualDrives, p.MachineID, p.Hostname, p.Slots, p.CreatedMs, p.Password, p.Legacy, p.Secrets,
			p.Jump.Host, p.Jump.Port, p.Jump.User, p.Jump.HostKey, p.AutoResume, p.KeepDays, types(p.SMARTTypes))
		if violates(err, lib.SQLITE_CONSTRAINT_UNIQUE) {
			return reason.New(reason.NASExists, "nas", p.Name)
		}
		return err
	})
}

// Profiles lists all profiles by name.
func (s *Store) Profiles(ctx context.Context) ([]profile.Profile, error) {
	return list(ctx, s, "list the profiles", scanProfile, selectProfile+` ORDER BY name`)
}

// ProfileNamed finds a profile by its name, without regard to case: no_such_nas.
func (s *Store) ProfileNamed(ctx context.Context, name string) (profile.Profile, error) {
	return s.profile(ctx, s.read, `WHERE name = ?`, name)
}

// ProfileByID finds a profile by its ID: no_such_nas.
func (s *Store) ProfileByID(ctx context.Context, id string) (profile.Profile, error) {
	return s.profile(ctx, s.read, `WHERE id = ?`, id)
}

// asker is a pool or a transaction.
type asker interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

func (s *Store) profile(ctx context.Context, from asker, where, what string) (profile.Profile, error) {
	p, err := scanProfile(from.QueryRowContext(ctx, selectProfile+" "+where, what))
	if errors.Is(err, sql.ErrNoRows) {
		return profile.Profile{}, reason.New(reason.NoSuchNAS, "nas", what)
	}
	return p, s.explain("read the profile "+what, err)
}

// UpdateProfile saves a profile that is there already; ID, name and time of creation stay what they were. A pinned host
// key or machine id is never changed, not even by another process that pinned it a moment before: host_key_changed,
// nas_changed. Other errors: no_such_nas, bad_profile.
func (s *Store) UpdateProfile(ctx context.Context, p profile.Profile) error {
	if err := p.Check(); err != nil {
		return err
	}
	return s.change(ctx, "save the profile "+p.Name, func(tx *sql.Tx) error {
		stored, err := s.profile(ctx, tx, `WHERE id = ?`, p.ID)
		if err != nil {
			return err
		}
		if err := stored.Pins(p); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE profiles SET host=?, port=?, user=?, key_file=?, agent=?, sudo=?, host_key=?,
			state_dir=?, virtual_drives=?, machine_id=?, hostname=?, slots=?, password=?, legacy=?, secrets=?,
			jump_host=?, jump_port=?, jump_user=?, jump_key=?, auto_resume=?, keep_days=?, smart_types=? WHERE id = ?`,
			p.Host, p.Port, p.User, p.KeyFile, p.Agent, p.Sudo, p.HostKey,
			p.StateDir, p.VirtualDrives, p.MachineID, p.Hostname, p.Slots, p.Password, p.Legacy, p.Secrets,
			p.Jump.Host, p.Jump.Port, p.Jump.User, p.Jump.HostKey, p.AutoResume, p.KeepDays, types(p.SMARTTypes), p.ID)
		return err
	})
}

// RenameProfile gives a profile another name, and its jobs with it: no_such_nas, bad_profile, nas_exists.
func (s *Store) RenameProfile(ctx context.Context, id, name string) error {
	return s.change(ctx, "rename the profile "+id, func(tx *sql.Tx) error {
		p, err := s.profile(ctx, tx, `WHERE id = ?`, id)
		if err != nil {
			return err
		}
		if p.Name = name; p.Check() != nil {
			return p.Check()
		}
		if _, err = tx.ExecContext(ctx, `UPDATE profiles SET name = ? WHERE id = ?`, name, id); err == nil {
			_, err = tx.ExecContext(ctx, `UPDATE jobs SET nas = ? WHERE profile_id = ?`, name, id)
		}
		if violates(err, lib.SQLITE_CONSTRAINT_UNIQUE) {
			return reason.New(reason.NASExists, "nas", name)
		}
		return err
	})
}

// RemoveProfile forgets a profile, by ID: no_such_nas, or nas_has_jobs while jobs of it have not ended. The jobs that
// have stay readable under the NAS's name.
func (s *Store) RemoveProfile(ctx context.Context, id string) error {
	return s.change(ctx, "remove the profile "+id, func(tx *sql.Tx) error {
		p, err := s.profile(ctx, tx, `WHERE id = ?`, id)
		if err != nil {
			return err
		}
		var live int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM jobs WHERE profile_id = ? AND `+notEnded, id).Scan(&live); err != nil {
			return err
		}
		if live > 0 {
			return reason.New(reason.NASHasJobs, "nas", p.Name, "count", live)
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM profiles WHERE id = ?`, id)
		return err
	})
}
