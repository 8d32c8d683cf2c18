package main

import (
	"bytes"

	"github.com/spf13/cobra"

	"memlite/conformance"
)

// printProfile writes a profile as a file, whole or not at all.
func printProfile(cmd *cobra.Command, config conformance.Config) error {
	var text bytes.Buffer
	if err := conformance.WriteProfile(cmd.Context(), &text, config); err != nil {
		return err
	}
	_, err := text.WriteTo(cmd.OutOrStdout())
	return err
}
