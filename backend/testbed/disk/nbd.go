//go:build linux

package disk

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// The numbers of the NBD protocol, as its doc/proto.md gives them.
const (
	magicInit    = 0x4e42444d41474943 // "NBDMAGIC"
	magicOption  = 0x49484156454f5054 // "IHAVEOPT"
	magicAnswer  = 0x3e889045565a9
	magicRequest = 0x25609513
	magicReply   = 0x67446698

	flagFixedNewstyle = 1 << 0
	flagNoZeroes      = 1 << 1

	optionExportName = 1
	optionAbort      = 2
	optionInfo       = 6
	optionGo         = 7

	answerAck         = 1
	answerInfo        = 3
	answerUnsupported = 1<<31 | 1
	infoExport        = 0

	exportHasFlags   = 1 << 0
	exportSendsFlush = 1 << 2

	commandRead       = 0
	commandWrite      = 1
	commandDisconnect = 2
	commandFlush      = 3

	nbdEIO     = 5
	nbdEINVAL  = 22
	nbdENOSPC  = 28
	maxOption  = 64 << 10
	maxPayload = 32 << 20 // what a client may send where the server announces no limit
)

// nbdServer offers one Medium to any number of NBD clients: fixed newstyle handshake, simple replies, and the
// commands read, write, flush and disconnect. Requests of one client run side by side.
type nbdServer struct {
	medium   *Medium
	listener net.Listener
	wg       sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{} // nil once closed
}

func serveNBD(m *Medium, socket string) (*nbdServer, error) {
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	s := &nbdServer{medium: m, listener: l, conns: map[net.Conn]struct{}{}}
	s.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			if s.conns == nil {
				s.mu.Unlock()
				conn.Close()
				return
			}
			s.conns[conn] = struct{}{}
			s.mu.Unlock()
			s.wg.Go(func() {
				// A client that breaks the protocol or goes away loses its connection, and that is all.
				s.serve(conn)
				conn.Close()
				s.mu.Lock()
				delete(s.conns, conn)
				s.mu.Unlock()
			})
		}
	})
	return s, nil
}

// close drops all clients and waits for their requests, which the medium must have let go.
func (s *nbdServer) close() {
	s.listener.Close()
	s.mu.Lock()
	for conn := range s.conns {
		conn.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *nbdServer) serve(conn net.Conn) error {
	r := bufio.NewReaderSize(conn, 64<<10)
	if err := s.handshake(r, conn); err != nil {
		return err
	}
	var replies sync.Mutex
	var running sync.WaitGroup
	defer running.Wait()
	for {
		var head struct {
			Magic          uint32
			Flags, Command uint16
			Cookie, Offset uint64
			Length         uint32
		}
		if err := binary.Read(r, binary.BigEndian, &head); err != nil {
			return err
		}
		if head.Magic != magicRequest || head.Length > maxPayload {
			return fmt.Errorf("no NBD request: %+v", head)
		}
		if head.Command == commandDisconnect {
			return nil
		}
		var data []byte
		if head.Command == commandWrite || head.Command == commandRead {
			data = make([]byte, head.Length)
		}
		if head.Command == commandWrite {
			if _, err := io.ReadFull(r, data); err != nil {
				return err
			}
		}
		running.Go(func() {
			code := s.run(head.Command, int64(head.Offset), data)
			reply := make([]byte, 0, 16+len(data))
			reply = binary.BigEndian.AppendUint32(reply, magicReply)
			reply = binary.BigEndian.AppendUint32(reply, code)
			reply = binary.BigEndian.AppendUint64(reply, head.Cookie)
			if head.Command == commandRead && code == 0 {
				reply = append(reply, data...)
			}
			replies.Lock()
			defer replies.Unlock()
			conn.Write(reply)
		})
	}
}

func (s *nbdServer) run(command uint16, off int64, data []byte) (code uint32) {
	var err error
	switch command {
	case commandRead:
		err = s.medium.read(data, off)
	case commandWrite:
		err = s.medium.write(data, off)
	case commandFlush:
		err = s.medium.flush()
	default:
		return nbdEINVAL
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errOver) && command == commandWrite:
		return nbdENOSPC
	case errors.Is(err, errOver):
		return nbdEINVAL
	default:
		return nbdEIO
	}
}

func (s *nbdServer) handshake(r io.Reader, w io.Writer) error {
	hello := binary.BigEndian.AppendUint64(nil, magicInit)
	hello = binary.BigEndian.AppendUint64(hello, magicOption)
	hello = binary.BigEndian.AppendUint16(hello, flagFixedNewstyle|flagNoZeroes)
	if _, err := w.Write(hello); err != nil {
		return err
	}
	var client uint32
	if err := binary.Read(r, binary.BigEndian, &client); err != nil {
		return err
	}
	export := binary.BigEndian.AppendUint64(nil, uint64(s.medium.size))
	export = binary.BigEndian.AppendUint16(export, exportHasFlags|exportSendsFlush)
	for {
		var head struct {
			Magic          uint64
			Option, Length uint32
		}
		if err := binary.Read(r, binary.BigEndian, &head); err != nil {
			return err
		}
		if head.Magic != magicOption || head.Length > maxOption {
			return fmt.Errorf("no NBD option: %+v", head)
		}
		if _, err := io.CopyN(io.Discard, r, int64(head.Length)); err != nil {
			return err
		}
		switch head.Option {
		case optionExportName:
			if client&flagNoZeroes == 0 {
				export = append(export, make([]byte, 124)...)
			}
			_, err := w.Write(export)
			return err
		case optionInfo, optionGo:
			info := append(binary.BigEndian.AppendUint16(nil, infoExport), export...)
			if err := answer(w, head.Option, answerInfo, info); err != nil {
				return err
			}
			if err := answer(w, head.Option, answerAck, nil); err != nil || head.Option == optionGo {
				return err
			}
		case optionAbort:
			answer(w, head.Option, answerAck, nil)
			return errors.New("the client gave up")
		default:
			if err := answer(w, head.Option, answerUnsupported, nil); err != nil {
				return err
			}
		}
	}
}

func answer(w io.Writer, option, kind uint32, data []byte) error {
	p := binary.BigEndian.AppendUint64(nil, magicAnswer)
	p = binary.BigEndian.AppendUint32(p, option)
	p = binary.BigEndian.AppendUint32(p, kind)
	p = binary.BigEndian.AppendUint32(p, uint32(len(data)))
	_, err := w.Write(append(p, data...))
	return err
}
