//go:build linux

package desk_test

import (
	"context"
	"net"
	"testing"
	"time"

	"burnish/backend/demo"
	"burnish/backend/desk"
	"burnish/backend/drive"
	"burnish/backend/jobs"
	"burnish/backend/practice"
	"burnish/backend/profile"
	"burnish/backend/runner/bin"
	"burnish/backend/secret"
)

// onPractice opens a desk on a practice NAS with one drive, of which all but its identity is given.
func onPractice(t *testing.T, serial string, one practice.Drive, temporary bool) (*desk.Desk, *page, *jobs.Service) {
	t.Helper()
	if _, err := bin.Runner("amd64"); err != nil {
		t.Skip("needs the embedded runner: make runner")
	}
	one.Path = "/dev/sda"
	one.Identity = drive.Identity{Serial: serial, WWN: "5000C500" + serial, Model: "Practice", SizeBytes: 8 << 20,
		LogicalBytes: 512, PhysicalBytes: 4096, Kind: drive.HDD, Transport: "sata"}
	svc, closeAll, err := demo.Open(context.Background(), t.TempDir(), "test", bin.Runner, []demo.Case{{Drive: one}})
	if err != nil {
		t.Fatal(err)
	}
	p := &page{t: t}
	d, err := desk.Open(desk.Options{Service: svc, Emit: p.emit, Dialogs: noDialogs{},
		Version: "test", Practice: demo.Name, Temporary: temporary, Home: t.TempDir(),
		User: "me", Look: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Close()
		if err := closeAll(); err != nil {
			t.Error(err)
		}
	})
	p.load(d)
	return d, p, svc
}

// again is the form of one more connection to the practice NAS.
func again(t *testing.T, svc *jobs.Service) desk.NASForm {
	t.Helper()
	p, err := svc.ProfileNamed(context.Background(), demo.Name)
	if err != nil {
		t.Fatal(err)
	}
	return desk.NASForm{Name: "again", Host: p.Host, Port: p.Port, User: p.User, KeyFile: p.KeyFile, HostKey: p.HostKey}
}

// TestAnAddThatIsCancelledSavesNothing: the NAS accepts the connection and says nothing more, for ever.
func TestAnAddThatIsCancelledSavesNothing(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	d, p := open(t, t.TempDir(), t.TempDir())
	done := make(chan desk.AddResult, 1)
	go func() {
		r, err := d.AddNAS(desk.NASForm{Name: "deaf", Host: "127.0.0.1", Port: silent.Addr().(*net.TCPAddr).Port,
			User: "root", PasswordLogin: true, Password: "x"})
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	held, err := silent.Accept() // it is under way
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	d.CancelAdd()
	if r := <-done; r.OK || r.NAS != "" {
		t.Errorf("%+v", r)
	}
	if n := len(d.Snapshot().NAS); n != 0 {
		t.Errorf("%d NAS were saved", n)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.steps {
		for _, one := range s.Steps {
			if one.State == "failed" {
				t.Errorf("what was cancelled is told as failed: %+v", one)
			}
		}
	}
}

// keychain is one that works; told is called when something was put there.
type keychain struct {
	secret.Memory
	told  func()
	count int
}

func (k *keychain) Set(ctx context.Context, account string, s secret.Secret) error {
	err := k.Memory.Set(ctx, account, s)
	k.count++
	k.told()
	return err
}

func (k *keychain) Delete(ctx context.Context, account string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	k.count--
	return k.Memory.Delete(ctx, account)
}

func (k *keychain) Get(ctx context.Context, account string) (secret.Secret, error) {
	if ctx.Err() != nil {
		return secret.Secret{}, ctx.Err()
	}
	return k.Memory.Get(ctx, account)
}

// TestAnAddThatIsCancelledAmidSavingLeavesNoSecret: it is cancelled when its password is in the keychain already.
func TestAnAddThatIsCancelledAmidSavingLeavesNoSecret(t *testing.T) {
	d, _, svc := onPractice(t, "ONE1", practice.Drive{}, true)
	ring := &keychain{told: d.CancelAdd}
	svc.UseKeychain(ring)
	form := again(t, svc)
	form.SudoPassword = "hunter2"
	r, err := d.AddNAS(form)
	if err != nil || r.OK {
		t.Fatalf("%+v, %v", r, err)
	}
	if n := len(d.Snapshot().NAS); n != 1 || ring.count != 0 {
		t.Errorf("%d NAS, %d secrets left", n, ring.count)
	}
	ring.told = func() {}
	if r, err = d.AddNAS(form); err != nil || !r.OK {
		t.Fatalf("%+v, %v", r, err)
	}
	d.CancelAdd() // nothing is under way: what was saved stays
	if p, err := svc.ProfileNamed(context.Background(), "again"); err != nil ||
		p.Secrets != profile.KeepKeychain || ring.count != 1 {
		t.Errorf("%+v, %v, %d secrets", p, err, ring.count)
	}
}

// TestStepsSayOfWhichNAS: two tests may go on at once, and a NAS may be added beside them.
func TestStepsSayOfWhichNAS(t *testing.T) {
	d, p, svc := onPractice(t, "ONE1", practice.Drive{}, true)
	now := d.Snapshot()
	if !now.Temporary {
		t.Error("the page is not told that the data directory is temporary")
	}
	heard := func(nas string) (n int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, s := range p.steps {
			if s.NAS == nas {
				n++
			} else {
				t.Errorf("steps of %q", s.NAS)
			}
		}
		p.steps = nil
		return n
	}
	if _, err := d.TestNAS(now.NAS[0].ID); err != nil || heard(now.NAS[0].ID) == 0 {
		t.Error("no steps of the test", err)
	}
	if r, err := d.AddNAS(again(t, svc)); err != nil || !r.OK || heard("") == 0 {
		t.Errorf("no steps of the one that is added: %+v, %v", r, err)
	}
}
