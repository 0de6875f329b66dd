// Package port names what the runner needs of a machine: its drives, tools, locks and service manager.
//
// Its rules:
//   - It holds no behaviour: an adapter (runner/linux, practice, a test) brings that.
//   - What a port reports as not known is nil or empty, never a guess.
//   - Units stand beside each method: bytes where it says bytes, sectors of 512 bytes where the kernel counts them, °C.
//
// Which methods may be called by several goroutines stands at each port.
package port
