using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Writ.Cli.Dev;

namespace Writ.Cli.Tests.Guides;

/// <summary>
/// docs/setup.md and docs/for-agents.md, walked as they are written: what stands in boxes marked <c>sh</c> is run by a
/// shell, in order, and what is marked <c>yaml</c> is <c>shop.yaml</c>. Broker and API are at other addresses.
/// </summary>
public sealed class GuideWalkTests(BrokerProcess broker) : IClassFixture<BrokerProcess>, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly Terminal _terminal = new();
    private readonly string _orders = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}");

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public async Task Setup_and_the_first_task_go_as_they_are_written()
    {
        Directory.CreateDirectory(_terminal.At("bin"));
        var writ = BrokerProcess.Executable("WRIT_CLI_EXE", "src/Writ.Cli", "writ");
        File.CreateSymbolicLink(_terminal.At("bin/writ"), writ);
        var setup = Guide.Of("docs/setup.md");
        var registers = setup.Boxes.Single(box => box.Language == "yaml").Text;
        await File.WriteAllTextAsync(_terminal.At("shop.yaml"), Here(registers));

        var said = await RunAsync(setup);
        Assert.Contains("agent/billing", said, StringComparison.Ordinal);
        await using var api = await StartOrdersAsync();
        var total = await RunAsync(Guide.Of("docs/for-agents.md"));
        Assert.Contains("\"customer\":\"Grace\"", total, StringComparison.Ordinal);
    }

    private async Task<string> RunAsync(Guide guide)
    {
        var script = string.Concat(guide.Boxes.Where(box => box.Language == "sh").Select(box => box.Text));
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["PATH"] = $"{_terminal.At("bin")}:{Environment.GetEnvironmentVariable("PATH")}",
            ["WRIT_HOME"] = _terminal.Home.Folder,
        };
        var run = await Command.RunAsync(
            "bash", ["-euxo", "pipefail", "-c", Here(script)], environment, _terminal.Folder, Limit);
        return run.Succeeded();
    }

    private Task<Child> StartOrdersAsync() => Child.StartAsync(
        BrokerProcess.Executable("WRIT_ORDERS_EXE", "examples/orders-api", "orders-api"),
        [
            "--issuer", broker.Issuer, "--identity", "spiffe://example.org/workload/orders-api",
            "--key", _terminal.At("orders-api.pem"), "--listen", _orders["http://".Length..], "--resource", _orders,
        ],
        _terminal.At("orders-api.log"), TimeProvider.System, CancellationToken.None);

    private string Here(string text) => text
        .Replace("http://127.0.0.1:8420", broker.Issuer, StringComparison.Ordinal)
        .Replace("http://127.0.0.1:8421", _orders, StringComparison.Ordinal)
        .Replace("writ-data", broker.DataFolder, StringComparison.Ordinal);

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
