package main

import (
	"bytes"
	"errors"

	"github.com/spf13/cobra"

	"memlite/conformance"
)

// printProfile writes a profile as a file, whole or not at all.
func printProfile(cmd *cobra.Command, config conformance.Config) error {
	var text bytes.Buffer
	err := conformance.WriteProfile(cmd.Context(), &text, config)
	if cmd.Context().Err() != nil { // what half a detection says of the endpoint may be wrong
		return &failure{exitInconclusive, errors.New("cut short: how the endpoint speaks is not found out")}
	}
	if err != nil {
		return err
	}
	_, err = text.WriteTo(cmd.OutOrStdout())
	return err
}
