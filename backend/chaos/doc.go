// Package chaos is a test that breaks everything at random. From a seed it draws drives, plans and a list of
// disruptions, runs real app processes against a real SSH server and the real runner on real block devices, disrupts
// them, and then looks whether a promise was broken:
//
//   - A job passed only if its drive holds what a passed job leaves there; it failed only if its drive was bad.
//   - Every job and stage that ended says why, with a registered reason.
//   - The app's copies are the NAS's files, byte for byte; index, copies and the NAS's journals say the same.
//   - No process, no lock and no hold is left; a drive that nobody named is as it was; clean leaves nothing.
//
// The NAS is a machine of its own (sshd.OwnMachine): it has its own boot id and can lose its power. Its drives are loop
// devices, some with faults (disk.Faulty). Its disk and the app's are small and can be filled. The app's and the NAS's
// clocks jump, in the middle of a process too: the app's in the test's own main, the NAS's in a runner that differs
// from the shipped one in backend/runner/main/clock.go alone. Between them lies a network link of its own (sshd.Wire),
// which can lose every packet.
//
// A seed draws the same things again, but the machine's load decides at which byte a disruption hits.
//
//	go test ./backend/chaos                       20 seeds; make test takes the first twelve
//	go test ./backend/chaos -seed 4711 -v         one of them
//	make chaos SEEDS=200                          many, from a first seed that it prints
package chaos
