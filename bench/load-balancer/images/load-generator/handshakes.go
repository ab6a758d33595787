// New TLS connections, one after the other on each of some workers: connect, shake hands, one GET, read until the server closes.
//
//	handshakes -address 127.0.0.1:443 -path / -seconds 2 [-workers 16] [-resume]
//
// With -resume each worker resumes the session of its connection before. TLS 1.3, X25519; the certificate is not checked, because that
// would cost only the client. Prints one line of JSON.
package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"sync"
	"time"
)

type result struct {
	Requests int     `json:"requests"`
	Seconds  float64 `json:"seconds"`
	Failed   int     `json:"failed"`
	Resumed  int     `json:"resumed"`
	P50      float64 `json:"p50"`
	P99      float64 `json:"p99"`
	Suite    string  `json:"suite"`
	Error    string  `json:"error,omitempty"`
}

// client is one worker's view.
type client struct {
	config  *tls.Config
	address string
	request []byte
	buffer  []byte
	result
	took []time.Duration
}

// connect makes one connection and asks once.
func (c *client) connect() error {
	raw, err := net.DialTimeout("tcp", c.address, 5*time.Second)
	if err != nil {
		return err
	}
	defer raw.Close()
	if err := raw.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	connection := tls.Client(raw, c.config)
	if _, err := connection.Write(c.request); err != nil {
		return err
	}
	size := 0
	for {
		count, err := connection.Read(c.buffer[size:])
		size += count
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if !bytes.HasPrefix(c.buffer[:size], []byte("HTTP/1.1 200")) {
		return fmt.Errorf("answered %.40q", c.buffer[:size])
	}
	state := connection.ConnectionState()
	if state.DidResume {
		c.Resumed++
	}
	c.Suite = tls.VersionName(state.Version) + " " + tls.CipherSuiteName(state.CipherSuite)
	return nil
}

func (c *client) run(until time.Time) {
	for time.Now().Before(until) {
		started := time.Now()
		if err := c.connect(); err != nil {
			c.Failed++
			c.Error = err.Error()
			continue
		}
		c.Requests++
		c.took = append(c.took, time.Since(started))
	}
}

func main() {
	address := flag.String("address", "", "host and port")
	path := flag.String("path", "/", "what to ask for")
	seconds := flag.Float64("seconds", 2, "how long")
	workers := flag.Int("workers", 16, "connections at a time")
	resume := flag.Bool("resume", false, "resume sessions")
	flag.Parse()

	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", *path)
	clients := make([]*client, *workers)
	started := time.Now()
	until := started.Add(time.Duration(*seconds * float64(time.Second)))
	var done sync.WaitGroup
	for index := range clients {
		config := &tls.Config{
			InsecureSkipVerify: true,
			ServerName:         "localhost",
			MinVersion:         tls.VersionTLS13,
			CurvePreferences:   []tls.CurveID{tls.X25519},
		}
		if *resume {
			config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		}
		clients[index] = &client{config: config, address: *address, request: []byte(request), buffer: make([]byte, 64<<10)}
		done.Add(1)
		go func() {
			defer done.Done()
			clients[index].run(until)
		}()
	}
	done.Wait()

	total := result{Seconds: time.Since(started).Seconds()}
	var took []time.Duration
	for _, each := range clients {
		total.Requests += each.Requests
		total.Failed += each.Failed
		total.Resumed += each.Resumed
		if each.Suite != "" {
			total.Suite = each.Suite
		}
		if each.Error != "" {
			total.Error = each.Error
		}
		took = append(took, each.took...)
	}
	sort.Slice(took, func(a, b int) bool { return took[a] < took[b] })
	if len(took) > 0 {
		total.P50 = took[len(took)*50/100].Seconds() * 1000
		total.P99 = took[len(took)*99/100].Seconds() * 1000
	}
	if err := json.NewEncoder(os.Stdout).Encode(total); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
