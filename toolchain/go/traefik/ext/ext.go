// Package ext has the fields that Traefik's commercial edition adds to its configuration: none. Traefik's own go.mod takes them
// from a folder that its published module does not contain.
package ext

// HTTP are further fields of the HTTP configuration.
type HTTP struct{}

// Router are further fields of a router.
type Router struct{}
