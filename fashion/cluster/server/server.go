package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	schema "go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
)

// namespace is the one that clients and workers use where nothing else is configured.
const namespace = "default"

// settings of the server that are not its usual ones. With its four partitions of each task queue, a task waits for seconds where few workers ask.
var settings = dynamicconfig.StaticClient{
	dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
	dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
	dynamicconfig.FrontendPersistenceMaxQPS.Key():           10000,
	dynamicconfig.HistoryPersistenceMaxQPS.Key():            10000,
	dynamicconfig.MatchingPersistenceMaxQPS.Key():           10000,
}

// databaseFolder is the folder of the database, which it makes: the one that is named, else one in the project's private folder.
func databaseFolder(dir string) (string, error) {
	if dir == "" {
		home := os.Getenv("FASHIONLAB_HOME")
		if home == "" {
			cache, err := os.UserCacheDir()
			if err != nil {
				return "", fmt.Errorf("no folder for the database; name one with -dir: %w", err)
			}
			home = filepath.Join(cache, "fashionlab")
		}
		dir = filepath.Join(home, "cluster")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o700)
}

// database is the path of the database. The schema is that of a version of the server, made with the file and never changed: another version has a file of its own.
func database(dir string) string { return filepath.Join(dir, "temporal-"+headers.ServerVersion+".db") }

// newServer configures a server on an address, with its database in a folder.
func newServer(address netAddress, dir string, verbose bool) (temporal.Server, error) {
	store := config.SQL{
		PluginName: sqlite.PluginName, DatabaseName: database(dir),
		ConnectAttributes: map[string]string{"mode": "rwc", "_journal_mode": "wal", "_synchronous": "2"},
	}
	if err := prepare(&store); err != nil {
		return nil, err
	}
	c, err := configuration(address, store)
	if err != nil {
		return nil, err
	}
	level := "fatal" // a server that starts and stops warns of much that is as it should be
	if verbose {
		level = "info"
	}
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{Level: level})) // to standard error
	return temporal.NewServer(temporal.WithConfig(c), temporal.ForServices(temporal.DefaultServices), temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()), temporal.WithDynamicConfigClient(settings))
}

// prepare makes the database where there is none. A file that was not completed is not there under its name.
func prepare(store *config.SQL) error {
	if _, err := os.Stat(store.DatabaseName); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	draft := *store
	draft.DatabaseName += ".new"
	draft.ConnectAttributes = map[string]string{"mode": "rwc"} // one file, without a log beside it
	if err := os.Remove(draft.DatabaseName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := schema.SetupSchema(&draft)
	if err == nil {
		var n *schema.NamespaceConfig
		if n, err = schema.NewNamespaceConfig(clusterName, namespace, false, nil); err == nil {
			err = schema.CreateNamespaces(&draft, n)
		}
	}
	if err == nil {
		err = os.Rename(draft.DatabaseName, store.DatabaseName)
	}
	if err != nil {
		return fmt.Errorf("cannot make the database %s: %w", store.DatabaseName, err)
	}
	return nil
}

const clusterName = "active"

// loopback is where the parts of the server find each other.
const loopback = "127.0.0.1"

// configuration is that of all four services in one process.
func configuration(address netAddress, store config.SQL) (*config.Config, error) {
	ports, err := freePorts(8)
	if err != nil {
		return nil, err
	}
	inside := func(grpc, membership int) config.Service {
		return config.Service{RPC: config.RPC{GRPCPort: grpc, MembershipPort: membership, BindOnLocalHost: true}}
	}
	front := address.front()
	return &config.Config{
		Global: config.Global{Membership: config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: loopback}},
		Persistence: config.Persistence{
			DefaultStore: sqlite.PluginName, VisibilityStore: sqlite.PluginName, NumHistoryShards: 1,
			DataStores: map[string]config.DataStore{sqlite.PluginName: {SQL: &store}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: clusterName, CurrentClusterName: clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: front}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services: map[string]config.Service{
			"frontend": {RPC: config.RPC{GRPCPort: address.port, MembershipPort: ports[0], BindOnIP: address.ip.String()}},
			"history":  inside(ports[1], ports[2]),
			"matching": inside(ports[3], ports[4]),
			"worker":   inside(ports[5], ports[6]),
		},
		Archival: config.Archival{
			History: config.HistoryArchival{State: "disabled"}, Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History: config.HistoryArchivalNamespaceDefaults{State: "disabled"}, Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
		}},
		PublicClient: config.PublicClient{HostPort: front},
	}, nil
}

// freePorts finds ports of this machine that nobody listens on.
func freePorts(n int) (ports []int, err error) {
	for range n {
		l, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
		if err != nil {
			return nil, err
		}
		defer l.Close() // after all are found, so that each is another
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
