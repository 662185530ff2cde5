package observer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

const (
	// maxPage bounds what is read of a page, in bytes; that of the UI has two
	// thousand. A connection with more to read is not used again.
	maxPage = 8 << 10
	// maxHeader bounds the headers of an answer, in bytes.
	maxHeader = 64 << 10
	// maxRedirects within one host, against loops.
	maxRedirects = 3
	// pageIdle is how long a connection is kept between two looks.
	pageIdle = 2 * time.Minute
)

// pages keeps an HTTP connection to one listener.
type pages struct {
	mu       sync.Mutex
	listener socket
	client   *http.Client
}

// clientFor returns a client whose connections lead to this listener only.
func (p *pages) clientFor(listener socket) *http.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client != nil && p.listener == listener {
		return p.client
	}
	if p.client != nil {
		p.client.CloseIdleConnections()
	}
	p.listener, p.client = listener, newPageClient()
	return p.client
}

// newPageClient returns a client without a proxy that stays on the host.
func newPageClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            (&net.Dialer{}).DialContext,
			DisableCompression:     true,
			MaxIdleConns:           1,
			IdleConnTimeout:        pageIdle,
			MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(next *http.Request, past []*http.Request) error {
			if len(past) > maxRedirects || next.URL.Scheme != "http" || next.URL.Host != past[0].URL.Host {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// close ends the connection, if there is one.
func (p *pages) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client != nil {
		p.client.CloseIdleConnections()
	}
}

// check asks for the first page.
func (p *pages) check(ctx context.Context, d door, timeout time.Duration) observed.Fact[observed.Check] {
	inner, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	status, err := p.get(inner, d)
	switch {
	case ctx.Err() != nil:
		return observed.Unsure[observed.Check](cutShort(ctx))
	case errors.Is(err, context.DeadlineExceeded):
		return problem(fmt.Sprintf("GET %s: no answer within %s", d.address, timeout))
	case err != nil:
		return problem(brief(err.Error()))
	case status != http.StatusOK:
		return problem(fmt.Sprintf("GET %s: %d %s", d.address, status, http.StatusText(status)))
	}
	return observed.Is(observed.Check{})
}

// get returns the status of the first page. The page is read, within bounds,
// so that the connection can be used again.
func (p *pages) get(ctx context.Context, d door) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.address.String()+"/", nil)
	if err != nil {
		return 0, err
	}
	answer, err := p.clientFor(d.listener).Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.CopyN(io.Discard, answer.Body, maxPage)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return answer.StatusCode, err
}
