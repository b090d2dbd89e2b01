// An MCP server on mark3labs/mcp-go, which reads JSON with encoding/json: names of members count without regard to
// case. It speaks HTTP when given an address, else stdio, both in every protocol era that the library knows. What its
// tools were called with goes to the file named by CALLS, one JSON object a line.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

type transfer struct {
	Account string `json:"account"`
	Note    string `json:"note"`
	To      struct {
		IBAN string `json:"iban"`
	} `json:"to"`
}

type call struct {
	Tool      string   `json:"tool"`
	Arguments transfer `json:"arguments"`
	Header    string   `json:"header"`
}

var writing sync.Mutex

func record(made call) error {
	line, err := json.Marshal(made)
	if err != nil {
		return err
	}
	writing.Lock()
	defer writing.Unlock()
	file, err := os.OpenFile(os.Getenv("CALLS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}

func tool(name string) (mcp.Tool, server.ToolHandlerFunc) {
	schema := `{"type":"object","properties":{"account":{"type":"string"},
		"note":{"type":"string","x-mcp-header":"Note"},
		"to":{"type":"object","properties":{"iban":{"type":"string"}}}}}`
	handler := mcp.NewTypedToolHandler(func(_ context.Context, request mcp.CallToolRequest, given transfer) (*mcp.CallToolResult, error) {
		made := call{Tool: name, Arguments: given, Header: request.Header.Get("Mcp-Param-Note")}
		if err := record(made); err != nil {
			return nil, err
		}
		return mcp.NewToolResultText(fmt.Sprintf("%s of %s", name, given.Account)), nil
	})
	return mcp.NewToolWithRawSchema(name, "Tells what it was called with.", json.RawMessage(schema)), handler
}

func run() error {
	mcpServer := server.NewMCPServer("mcp-go", "1.0.0", server.WithToolCapabilities(false))
	for _, name := range []string{"echo", "delete_all"} {
		described, handler := tool(name)
		mcpServer.AddTool(described, handler)
	}
	if len(os.Args) < 2 {
		return server.ServeStdio(mcpServer)
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/mcp\n", listener.Addr())
	return http.Serve(listener, server.NewStreamableHTTPServer(mcpServer))
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
