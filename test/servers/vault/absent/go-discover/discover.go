// Package discover stands in for go-discover, by which servers of a Vault cluster find each other in twenty clouds: with it, the program
// would take three times as long to build. The tests' Vault has no cluster.
package discover

import (
	"errors"
	"log"
)

type Provider interface {
	Addrs(args map[string]string, l *log.Logger) ([]string, error)
	Help() string
}

var Providers = map[string]Provider{}

type Discover struct{}

type Option func(*Discover) error

func New(...Option) (*Discover, error) { return &Discover{}, nil }

func WithProviders(map[string]Provider) Option { return nil }

func (*Discover) Addrs(string, *log.Logger) ([]string, error) {
	return nil, errors.New("this Vault finds no others")
}
