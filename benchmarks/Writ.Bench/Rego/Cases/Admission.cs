using System.Text.Json;

namespace Writ.Bench.Rego.Cases;

/// <summary>What a cluster asks before it runs something: a deep document, several reasons to refuse.</summary>
internal sealed class Admission : RegoCase
{
    private readonly Review[] _inputs;

    public Admission() => _inputs = Read<Review>(Inputs);

    public override string Name => "admission control";

    public override string Query => "data.bench.deny";

    public override string Policy => """
        package bench

        registries := {"registry.example.org", "mirror.example.org"}

        containers contains container if some container in input.request.object.spec.containers

        containers contains container if some container in input.request.object.spec.initContainers

        deny contains "the namespace is closed" if input.request.namespace in {"kube-system", "kube-public"}

        deny contains sprintf("the label %s is missing", [label]) if {
          some label in ["app", "owner", "cost-centre"]
          not input.request.object.metadata.labels[label]
        }

        deny contains sprintf("%s: the image comes from elsewhere", [container.name]) if {
          some container in containers
          not split(container.image, "/")[0] in registries
        }

        deny contains sprintf("%s: the image needs a tag", [container.name]) if {
          some container in containers
          endswith(container.image, ":latest")
        }

        deny contains sprintf("%s: memory is not limited", [container.name]) if {
          some container in containers
          not container.resources.limits.memory
        }

        deny contains sprintf("%s: runs as root", [container.name]) if {
          some container in containers
          not container.securityContext.runAsNonRoot == true
        }

        deny contains sprintf("port %d is reserved", [port.containerPort]) if {
          some container in containers
          some port in container.ports
          port.containerPort < 1024
        }
        """;

    public override IReadOnlyList<string> Inputs { get; } = [.. Enumerable.Range(0, 16).Select(Make)];

    public override object Decide(int input)
    {
        var request = _inputs[input].Request;
        var found = new SortedSet<string>(StringComparer.Ordinal);
        if (request.Namespace is "kube-system" or "kube-public")
            found.Add("the namespace is closed");
        foreach (var label in new[] { "app", "owner", "cost-centre" })
        {
            if (!request.Object.Metadata.Labels.ContainsKey(label))
                found.Add($"the label {label} is missing");
        }

        foreach (var container in request.Object.Spec.Containers.Concat(request.Object.Spec.InitContainers))
        {
            if (container.Image.Split('/')[0] is not ("registry.example.org" or "mirror.example.org"))
                found.Add($"{container.Name}: the image comes from elsewhere");
            if (container.Image.EndsWith(":latest", StringComparison.Ordinal))
                found.Add($"{container.Name}: the image needs a tag");
            if (container.Resources.Limits?.ContainsKey("memory") != true)
                found.Add($"{container.Name}: memory is not limited");
            if (container.SecurityContext?.RunAsNonRoot != true)
                found.Add($"{container.Name}: runs as root");
            foreach (var port in container.Ports)
            {
                if (port.ContainerPort < 1024)
                    found.Add($"port {port.ContainerPort} is reserved");
            }
        }

        return found;
    }

    private static string Make(int i) => JsonSerializer.Serialize(new Review(new Request(
        $"uid-{i}", i % 5 == 0 ? "kube-system" : "shop", "CREATE", new Pod(
            new Metadata($"pod-{i}", Labels(i), new(StringComparer.Ordinal) { ["note"] = new string('x', 200) }),
            new PodSpec(
                [.. Enumerable.Range(0, 4).Select(j => ContainerOf($"c{j}", i + j))],
                [ContainerOf("init", i)])))), Web);

    private static Dictionary<string, string> Labels(int i) => i % 3 == 0
        ? new(StringComparer.Ordinal) { ["app"] = "shop" }
        : new(StringComparer.Ordinal) { ["app"] = "shop", ["owner"] = "team-a", ["cost-centre"] = "42" };

    private static Container ContainerOf(string name, int i) => new(
        name,
        i % 4 == 0 ? "docker.example.com/base/nginx:latest" : $"registry.example.org/shop/app:{i}",
        [new Port(i % 6 == 0 ? 80 : 8080), new Port(9090)],
        [.. Enumerable.Range(0, 8).Select(k => new Variable($"VARIABLE_{k}", $"value-{k}"))],
        new Resources(i % 5 == 1
            ? new(StringComparer.Ordinal)
            : new(StringComparer.Ordinal) { ["cpu"] = "500m", ["memory"] = "128Mi" }),
        i % 7 == 0 ? null : new SecurityContext(true));

    private sealed record Review(Request Request);

    private sealed record Request(string Uid, string Namespace, string Operation, Pod Object);

    private sealed record Pod(Metadata Metadata, PodSpec Spec);

    private sealed record Metadata(
        string Name, Dictionary<string, string> Labels, Dictionary<string, string> Annotations);

    private sealed record PodSpec(Container[] Containers, Container[] InitContainers);

    private sealed record Container(
        string Name, string Image, Port[] Ports, Variable[] Env, Resources Resources, SecurityContext? SecurityContext);

    private sealed record Port(int ContainerPort);

    private sealed record Variable(string Name, string Value);

    private sealed record Resources(Dictionary<string, string>? Limits);

    private sealed record SecurityContext(bool RunAsNonRoot);
}
