using System.Globalization;
using System.Text.Json.Nodes;
using Writ.Cli.Apply;
using Writ.Cli.Profiles;
using Writ.Client;
using Writ.Protocol;

namespace Writ.Cli.Dev;

/// <summary>Everything that the sample needs: the broker, its operator, the registers, the orders API.</summary>
internal sealed class DevStage : IAsyncDisposable
{
    private const int OrdersPort = 8421;
    private const int TlsPort = 8443;
    private const string OperatorName = "dev";
    private const string Orders = "workload/orders-api";

    /// <summary>Longer than clocks may differ, which is how long a lock takes to be undone.</summary>
    private static readonly TimeSpan ResumesWithin = TimeSpan.FromSeconds(20);

    private readonly Child _server;
    private Child? _orders;
    private string _ordersResource = ""; // what tokens name; not where it listens, when that port is taken this time

    private DevStage(DevFolder folder, Child server)
    {
        Folder = folder;
        _server = server;
        Issuer = (string?)server.Ready["issuer"] ?? throw new UnableException("The broker did not say where it is.");
    }

    public DevFolder Folder { get; }

    public string Issuer { get; }

    public string OrdersUrl { get; private set; } = "";

    public Session Operator { get; private set; } = null!; // set by SetAsync before anybody sees the stage

    /// <summary>The task of the sample, for the commands to try.</summary>
    public string LastTask { get; set; } = "";

    /// <summary>Completes when a process ends that should not.</summary>
    public Task Broken => Task.WhenAny(_server.Ended, _orders!.Ended);

    /// <summary>Starts and registers everything; what an earlier run left in the folder is used again.</summary>
    public static async Task<DevStage> SetAsync(
        Surroundings outside, DevFolder folder, int port, Story story, CancellationToken cancel)
    {
        var time = outside.Time;
        var began = time.GetTimestamp();
        var server = await Child.StartAsync(
            Executables.Server(outside),
            [
                "--trust-domain", "example.org", "--store", "sqlite", "--data-dir", folder.Path,
                "--listen", UrlAt(port)["http://".Length..],
                "--tls-listen", UrlAt(Ports.FreeOr(TlsPort))["http://".Length..],
            ],
            folder.ServerLog, time, cancel);
        var stage = new DevStage(folder, server);
        try
        {
            story.Title("Writ on this machine");
            story.Step("broker", stage.Issuer, $"SQLite in {Path.GetRelativePath(outside.Folder, folder.Path)}, "
                + $"mTLS at {server.Ready["tls"]}, ready after {time.GetElapsedTime(began).TotalSeconds:N1} s");
            await stage.EnterOperatorAsync(outside, story, cancel);
            await stage.RegisterAsync(story, time, cancel);
            await stage.StartOrdersAsync(outside, story, cancel);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>An agent's id in the dev trust domain.</summary>
    public string IdOf(string name) => Operator.FullName(name);

    public async ValueTask DisposeAsync()
    {
        Operator?.Dispose();
        if (_orders is not null)
            await _orders.DisposeAsync();
        await _server.DisposeAsync();
    }

    private async Task EnterOperatorAsync(Surroundings outside, Story story, CancellationToken cancel)
    {
        var home = Folder.Operator;
        if (home.Read() is { } known && File.Exists(known.KeyFile))
        {
            // The port may be another one than last time.
            home.Write(known with { Addr = Issuer });
            Operator = Session.Open(home.Read()!, outside);
            story.Step("operator", Operator.Profile.ClientId, "as before");
            return;
        }

        var code = await BootstrapSocket.AskAsync(Folder.BootstrapSocket, cancel);
        await Enrolment.EnrolAsync(home, Issuer, (string)code["code"]!, OperatorName, outside.Time, cancel);
        Operator = Session.Open(home.Read()!, outside);
        story.Step("operator", Operator.Profile.ClientId, "key made here, enrolled by a one-time code");
    }

    private async Task RegisterAsync(Story story, TimeProvider time, CancellationToken cancel)
    {
        var applier = new Applier(async (method, path, body) =>
            await Operator.Client.Management.SendAsync(method, path, body, cancel) is { } answer
                ? JsonObject.Create(answer)!
                : []);
        var known = (await applier.PlacesAsync()).GetValueOrDefault(SampleManifests.Resource);
        OrdersUrl = UrlAt(Ports.FreeOr(known is null ? OrdersPort : new Uri(known).Port));
        _ordersResource = known ?? OrdersUrl;
        var manifests = SampleManifests.Read(_ordersResource, PublicKeyOf);
        var steps = await applier.PlanAsync(manifests);
        foreach (var step in steps)
            await applier.DoAsync(step);
        var outcome = string.Join(", ", steps.CountBy(step => step.Verb, StringComparer.Ordinal)
            .Select(count => $"{count.Value} {count.Key}"));
        story.Step("registers", string.Join(", ", manifests.Select(manifest => manifest.Name)), outcome);
        foreach (var manifest in manifests.Where(manifest => manifest.Kind.Name == "Identity"))
            await ResumeAsync(manifest.Kind.PathOf(manifest.Name), manifest.Name, story, time, cancel);
    }

    // Whoever tried `writ lock` on an identity of the sample wants to see the sample again all the same.
    private async Task ResumeAsync(
        string path, string name, Story story, TimeProvider time, CancellationToken cancel)
    {
        var management = Operator.Client.Management;
        var identity = await management.SendAsync(HttpMethod.Get, path, body: null, cancel);
        if (identity?.GetProperty("status").GetString() != "suspended")
            return;
        for (var began = time.GetTimestamp(); ;)
        {
            try
            {
                await management.SendAsync(HttpMethod.Post, $"{path}/resume", new JsonObject(), cancel);
                story.Step("operator", $"{name} was locked: resumed");
                return;
            }
            catch (WritException e) when (e.Code == "too_soon" && time.GetElapsedTime(began) < ResumesWithin)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), time, cancel); // what it held is dying
            }
        }
    }

    private async Task StartOrdersAsync(Surroundings outside, Story story, CancellationToken cancel)
    {
        _orders = await Child.StartAsync(
            Executables.Orders(outside),
            [
                "--issuer", Issuer, "--identity", IdOf(Orders), "--key", Folder.KeyFile(Orders),
                "--resource", _ordersResource, "--origin", OrdersUrl, "--listen", OrdersUrl["http://".Length..],
            ],
            Folder.OrdersLog, outside.Time, cancel);
        story.Step("orders API", OrdersUrl, "verifies tokens by itself, follows the revocation feed");
    }

    private static string UrlAt(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    private Jwk PublicKeyOf(string identity)
    {
        var file = Folder.KeyFile(identity);
        using var key = File.Exists(file) ? AgentKey.Load(file) : AgentKey.CreateFile(file);
        return Jwk.FromEcdsa(key);
    }
}
