package main

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// frontend is a client of Temporal's own API.
type frontend struct {
	testing.TB
	workflowservice.WorkflowServiceClient
}

func (w *world) frontend() frontend {
	w.Helper()
	return w.frontendOn(w.port)
}

func (w *world) frontendOn(port int) frontend {
	w.Helper()
	conn, err := grpc.NewClient("passthrough:///"+loopback(port), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { conn.Close() })
	return frontend{w, workflowservice.NewWorkflowServiceClient(conn)}
}

// start starts a workflow, as a client does: an Unavailable is tried again. The
// error says that it was not acknowledged.
func (f frontend) start(id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		_, err := f.StartWorkflowExecution(ctx, &workflowservice.StartWorkflowExecutionRequest{
			Namespace: "default", WorkflowId: id, RequestId: id,
			WorkflowType: &common.WorkflowType{Name: "X"}, TaskQueue: &taskqueue.TaskQueue{Name: "q"},
		})
		if status.Code(err) != codes.Unavailable || ctx.Err() != nil {
			return err
		}
	}
}

// startMany starts n workflows and returns their ids.
func (f frontend) startMany(prefix string, n int) []string {
	f.Helper()
	var ids []string
	for i := range n {
		id := fmt.Sprintf("%s-%03d", prefix, i)
		if err := f.start(id); err != nil {
			f.Fatalf("workflow %s is not acknowledged: %v", id, err)
		}
		ids = append(ids, id)
	}
	return ids
}

// listed returns the ids of all workflows.
func (f frontend) listed() ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var ids []string
	var page []byte
	for {
		list, err := f.ListWorkflowExecutions(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default", PageSize: 200, NextPageToken: page})
		if err != nil {
			return nil, err
		}
		for _, e := range list.Executions {
			ids = append(ids, e.Execution.WorkflowId)
		}
		if page = list.NextPageToken; len(page) == 0 {
			return ids, nil
		}
	}
}

// lists waits until every one of the workflows is listed.
func (w *world) lists(f frontend, want []string) {
	w.Helper()
	w.await(fmt.Sprintf("%d workflows are listed", len(want)), func() (bool, string) {
		got, err := f.listed()
		missing := slices.DeleteFunc(slices.Clone(want), func(id string) bool { return slices.Contains(got, id) })
		return err == nil && len(missing) == 0, fmt.Sprintf("%d listed, missing %v, %v", len(got), missing, err)
	})
}
