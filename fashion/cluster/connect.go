package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
)

// dataConverter compresses what is long: all that a search has measured fits into one message for longer.
var dataConverter = converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), longOnly{converter.NewZlibCodec(converter.ZlibCodecOptions{})})

// longOnly compresses messages of 16 kB and more. A compressor takes a millisecond and a megabyte to begin, and a workflow may schedule hundreds of trainings in the one second in which it must answer.
type longOnly struct{ converter.PayloadCodec }

func (c longOnly) Encode(payloads []*common.Payload) ([]*common.Payload, error) {
	encoded := slices.Clone(payloads)
	for i, p := range payloads {
		if len(p.GetData()) < 16<<10 {
			continue
		}
		one, err := c.PayloadCodec.Encode(payloads[i : i+1])
		if err != nil {
			return nil, err
		}
		encoded[i] = one[0]
	}
	return encoded, nil
}

// Connect opens a connection to the server at an address, which need not be there yet. Namespace, TLS and keys are those of Temporal's own variables and file
// (https://docs.temporal.io/develop/environment-configuration): TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_CLIENT_CERT_PATH and so on.
func Connect(address string) (client.Client, error) {
	if _, port, err := net.SplitHostPort(address); (err != nil || port == "") && !strings.Contains(address, "://") { // gRPC has names such as dns:///host:port
		return nil, fmt.Errorf("the server's address is %q, want a host and a port, such as 127.0.0.1:7233", address)
	}
	o, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("the settings for Temporal: %w", err)
	}
	o.HostPort, o.DataConverter = address, dataConverter
	o.Logger = sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))) // its own goes to standard output
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	o.Identity = fmt.Sprintf("%s, process %d", host, os.Getpid())
	return client.NewLazyClient(o)
}

// reachable reports that the server answers.
func reachable(ctx context.Context, c client.Client) error {
	_, err := c.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}
