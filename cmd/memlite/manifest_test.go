package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// The two commands that README begins a fleet with are ones that memlite takes.
func TestReadmeFleet(t *testing.T) {
	block := readmeBlock(t, "```shell\nmemlite agent ")
	for line := range strings.Lines(block) {
		line, _, _ = strings.Cut(line, " #")
		if err := parses(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if args := words(line)[1:]; args[0] == "load" {
			if status, _, errs := runFor(append(args, "--print-plan")...); status != exitHeld {
				t.Errorf("%s: %s", line, errs)
			}
		}
	}
}

// README's manifest is what Kubernetes takes, field by field, and what runs in its containers is what memlite takes.
func TestKubernetesManifest(t *testing.T) {
	text := readmeBlock(t, "```yaml\napiVersion: apps/v1\n")
	var agents apps.Deployment
	var load batch.Job
	kinds := map[string]any{"Deployment": &agents, "Job": &load}
	for part := range strings.SplitSeq(text, "\n---\n") {
		var of meta.TypeMeta
		if err := yaml.Unmarshal([]byte(part), &of); err != nil || kinds[of.Kind] == nil {
			t.Fatalf("%v: a part that is no Deployment and no Job, or a second one:\n%s", err, part)
		}
		if err := yaml.UnmarshalStrict([]byte(part), kinds[of.Kind]); err != nil {
			t.Errorf("%s: %v", of.Kind, err)
		}
		delete(kinds, of.Kind)
	}
	if len(kinds) != 0 || agents.APIVersion != "apps/v1" || load.APIVersion != "batch/v1" || agents.Namespace == "" || agents.Namespace != load.Namespace {
		t.Fatalf("missing: %v; %s in %s, %s in %s", kinds, agents.APIVersion, agents.Namespace, load.APIVersion, load.Namespace)
	}
	pods := agents.Spec.Template
	selector, err := meta.LabelSelectorAsMap(agents.Spec.Selector)
	if err != nil || len(selector) == 0 {
		t.Errorf("selector %v: %v", selector, err)
	}
	for name, value := range selector {
		if pods.Labels[name] != value {
			t.Errorf("the agents have no label %s=%s, by which they are found", name, value)
		}
	}
	if spread := pods.Spec.TopologySpreadConstraints; len(spread) != 1 || pods.Labels["app"] != spread[0].LabelSelector.MatchLabels["app"] {
		t.Errorf("%+v does not spread the agents", spread)
	}
	if load.Spec.BackoffLimit == nil || *load.Spec.BackoffLimit != 0 || load.Spec.Template.Spec.RestartPolicy != core.RestartPolicyNever {
		t.Error("the load is tried again")
	}
	if *load.Spec.Template.Spec.AutomountServiceAccountToken || *pods.Spec.AutomountServiceAccountToken {
		t.Error("a pod has a token of Kubernetes, which it has no use for")
	}
	agent := containerOf(t, pods.Spec, "agent")
	order := containerOf(t, load.Spec.Template.Spec, "load")
	if asked := order.Lookup("agents").Value.String(); asked != strconv.Itoa(int(*agents.Spec.Replicas)) {
		t.Errorf("%s agents are asked of %d", asked, *agents.Spec.Replicas)
	}
	if at, there := order.Lookup("fleet").Value.String(), agent.Lookup("nats").Value.String(); at != there || !strings.HasPrefix(at, "nats://nats:") {
		t.Errorf("agents wait at %s, and are looked for at %s", there, at)
	}
	if status, _, errs := runFor(append(slices.Clone(load.Spec.Template.Spec.Containers[0].Args), "--print-plan")...); status != exitHeld {
		t.Errorf("the load is none: %s", errs)
	}
	commands := readmeBlock(t, "```shell\nkubectl create namespace ")
	for _, want := range []string{"create namespace " + agents.Namespace + "\n", "-n " + agents.Namespace + " create secret generic memlite-nats --from-literal=token=",
		"helm install nats nats ", "--namespace " + agents.Namespace + " --values nats-values.yaml", "job/" + load.Name} {
		if !strings.Contains(commands, want) {
			t.Errorf("the commands have no %q:\n%s", want, commands)
		}
	}
}

// containerOf checks the only container of a pod, which runs a command of memlite, and returns that command's flags as they are set there.
func containerOf(t *testing.T, pod core.PodSpec, name string) *pflag.FlagSet {
	t.Helper()
	if len(pod.Containers) != 1 {
		t.Fatalf("%d containers", len(pod.Containers))
	}
	c := pod.Containers[0]
	if c.Name != name || len(c.Command) != 0 || len(c.Args) == 0 || c.Args[0] != name {
		t.Fatalf("container %s runs %s %s", c.Name, c.Command, c.Args)
	}
	command := parsed(t, c.Args)
	for _, e := range c.Env {
		flag := command.Flags().Lookup(strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(e.Name, "MEMLITE_")), "_", "-"))
		switch {
		case flag == nil || variable(flag.Name) != e.Name:
			t.Errorf("%s: no flag has the variable %s", name, e.Name)
		case flag.Name == "nats-token":
			secretOf(t, e)
		}
	}
	if !slices.ContainsFunc(c.Env, func(e core.EnvVar) bool { return e.Name == variable("nats-token") }) {
		t.Errorf("%s: everybody may use its NATS", name)
	}
	if need, most := c.Resources.Requests, c.Resources.Limits; need.Cpu().IsZero() || need.Memory().IsZero() || most.Memory().Cmp(*need.Memory()) < 0 ||
		!most.Cpu().IsZero() && most.Cpu().Cmp(*need.Cpu()) < 0 {
		t.Errorf("%s: requests %v, limits %v", name, need, most)
	}
	if s := c.SecurityContext; s == nil || !*s.RunAsNonRoot || *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem {
		t.Errorf("%s: %+v", name, s)
	}
	return command.Flags()
}

// secretOf checks that a variable is the secret that README has made.
func secretOf(t *testing.T, e core.EnvVar) {
	t.Helper()
	if e.ValueFrom == nil || e.ValueFrom.SecretKeyRef == nil || e.ValueFrom.SecretKeyRef.Name != "memlite-nats" || e.ValueFrom.SecretKeyRef.Key != "token" {
		t.Errorf("%s is not of the secret: %+v", e.Name, e.ValueFrom)
	}
}

// parsed is the command that a command line is of, with its flags set.
func parsed(t *testing.T, args []string) *cobra.Command {
	t.Helper()
	c, rest, err := newRoot(nil).Find(args)
	if err == nil {
		err = c.ParseFlags(rest)
	}
	if err == nil {
		err = c.ValidateArgs(c.Flags().Args())
	}
	if err != nil {
		t.Fatalf("%s: %v", args, err)
	}
	return c
}

// What README gives to the chart of NATS: a token, which a NATS server takes where the chart puts it.
func TestNATSValues(t *testing.T) {
	var values struct {
		Config struct {
			Merge struct {
				Authorization map[string]string `json:"authorization"`
			} `json:"merge"`
		} `json:"config"`
		Container struct {
			Env map[string]core.EnvVar `json:"env"`
		} `json:"container"`
	}
	if err := yaml.UnmarshalStrict([]byte(readmeBlock(t, "```yaml\nconfig:\n  merge:\n")), &values); err != nil {
		t.Fatal(err)
	}
	secretOf(t, values.Container.Env["NATS_TOKEN"])
	// The chart writes << $NAME >> without quotes, for NATS to read the variable.
	token, ok := strings.CutPrefix(values.Config.Merge.Authorization["token"], "<< ")
	token, ok2 := strings.CutSuffix(token, " >>")
	t.Setenv("NATS_TOKEN", "t0123")
	file := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(file, []byte("authorization { token: "+token+" }"), 0o666); err != nil {
		t.Fatal(err)
	}
	if options, err := server.ProcessConfigFile(file); err != nil || !ok || !ok2 || options.Authorization != "t0123" {
		t.Errorf("%q: %v", token, err)
	}
}

// The image is of this module, and by the Go that it needs.
func TestReadmeImage(t *testing.T) {
	image := readmeBlock(t, "```dockerfile\n")
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	wants := regexp.MustCompile(`(?m)^go (1\.\d+)`).FindStringSubmatch(string(mod))[1]
	for _, want := range []string{"FROM golang:" + wants + " ", "-C /src ", " ./cmd/memlite\n", "CGO_ENABLED=0", "ENTRYPOINT [\"/memlite\"]"} {
		if !strings.Contains(image, want) {
			t.Errorf("no %q:\n%s", want, image)
		}
	}
}

// README's unit is what systemd takes, and what it starts is what memlite takes.
func TestSystemdUnit(t *testing.T) {
	unit := readmeBlock(t, "```ini\n[Unit]\n")
	starts := regexp.MustCompile(`(?m)^ExecStart=(\S*/memlite) (.*)$`).FindAllStringSubmatch(unit, -1)
	if len(starts) != 1 {
		t.Fatalf("%d commands:\n%s", len(starts), unit)
	}
	if c := parsed(t, strings.Fields(starts[0][2])); c.Name() != "agent" || c.Flags().Lookup("allow").Value.String() == "" {
		t.Errorf("it starts %s", starts[0][2])
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if slices.Contains(strings.Split(os.Getenv("MEMLITE_REQUIRE"), ","), "systemd") {
			t.Fatal("MEMLITE_REQUIRE names systemd: ", err)
		}
		t.Skip("checked by systemd-analyze: ", err)
	}
	program, err := exec.LookPath("memlite")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "memlite-agent.service")
	if err := os.WriteFile(file, []byte(strings.Replace(unit, starts[0][1], program, 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(analyze, "verify", "--man=no", file)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}
