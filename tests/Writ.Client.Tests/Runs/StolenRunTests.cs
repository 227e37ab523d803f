using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Testing;

namespace Writ.Client.Tests;

/// <summary>
/// All that the child of a run can read, in other hands (P4): on another host, on this one, and after the run. Broker,
/// API and run are real; the thief, tests/interop/thief.mjs, reaches all of them and has a key of its own.
/// </summary>
public sealed class StolenRunTests(World world) : IClassFixture<World>
{
    // What the child can read: its environment, the files named there that it can open, and what the endpoint gives it.
    private const string Child = """
        import json, os, sys, time, urllib.error, urllib.request
        E = os.environ
        def call(path, body=None):
            data = None if body is None else json.dumps(body).encode()
            head = {'Authorization': 'Bearer ' + E['WRIT_RUN_KEY']}
            return json.load(urllib.request.urlopen(urllib.request.Request(E['WRIT_RUN_URL'] + path, data, head)))
        assert len(call('/api/orders/orders')) > 0
        given = call('/token', {'grants': ['orders:read@orders']})
        token, url = given['access_token'], given['resource'].rstrip('/') + '/orders'
        wanted = {'method': 'GET', 'url': url, 'token': token}
        def prove(): return call('/proof', wanted)['proof']
        def use(proof):
            head = {'Authorization': 'DPoP ' + token, 'DPoP': proof}
            return urllib.request.urlopen(urllib.request.Request(url, None, head)).status
        used = prove()
        try: use(used)
        except urllib.error.HTTPError as e:
            wanted['nonce'] = e.headers['DPoP-Nonce']  # as an API asks for in its first seconds
            used = prove()
            assert use(used) == 200
        names = {part for value in E.values() for part in [value, *value.split(':')] if os.path.isfile(part)}
        files = {name: open(name, errors='replace').read(65536) for name in names}
        loot = dict(env=dict(E), files=files, token=token, url=url, used=used, unused=prove())
        loot['agent'] = 'spiffe://example.org/agent/billing'
        json.dump(loot, open(sys.argv[1] + '.part', 'w'))
        os.rename(sys.argv[1] + '.part', sys.argv[1])
        while not os.path.exists(sys.argv[2]): time.sleep(0.05)
        """;

    [Fact]
    public async Task All_that_a_child_can_read_gives_nothing_on_another_host_nor_to_a_stranger_nor_afterwards()
    {
        await using var elsewhere = await OtherHost.ConnectAsync();
        using var run = Start("loot", "go");
        try
        {
            await StealAsync(run, elsewhere);
        }
        finally
        {
            run.Kill(entireProcessTree: true); // does nothing to one that has ended
        }
    }

    private async Task StealAsync(Process run, OtherHost elsewhere)
    {
        var loot = await LootAsync("loot");
        var endpoint = new Uri((string)loot["env"]!["WRIT_RUN_URL"]!);

        // The thief's own loopback, the victim's address, and a stranger on the victim's host who passes it on.
        await using var toRun = new TcpProxy(endpoint.Port, elsewhere.HereAddress);
        await using var toBroker = new TcpProxy(new Uri(world.Issuer).Port, elsewhere.HereAddress);
        await using var toApi = new TcpProxy(new Uri(world.Orders).Port, elsewhere.HereAddress);
        var here = elsewhere.HereAddress;
        var far = await elsewhere.RunAsync("node", Thief, Request(
            [endpoint.Authority, $"{here}:{endpoint.Port}", $"{here}:{toRun.Port}"],
            $"{here}:{toBroker.Port}", $"{here}:{toApi.Port}", unused: false));
        GotNothing(far, attempts: 9 + 5 + 10);
        Assert.Contains("not_of_this_run", far.Output, StringComparison.Ordinal);

        // On the same host: the address and the key are right, the process is not.
        var near = await Command.RunAsync("node", [Thief, Direct(endpoint, unused: false)]);
        GotNothing(near, attempts: 3 + 5 + 10);
        Assert.Contains("not_of_this_run", near.Output, StringComparison.Ordinal);
        Assert.False(run.HasExited);

        await File.WriteAllTextAsync(world.At("go"), "");
        await run.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0, run.ExitCode);
        await Task.Delay(TimeSpan.FromSeconds(1)); // within which the end is felt everywhere (P3)
        GotNothing(
            await Command.RunAsync("node", [Thief, Direct(endpoint, unused: true)]), attempts: 3 + 5 + 12);
    }

    private static string Thief => Repository.At("tests/interop/thief.mjs");

    private Process Start(string loot, string go)
    {
        var start = new ProcessStartInfo(
            Path.ChangeExtension(typeof(World).Assembly.Location, null),
            [
                RunHost.Name, world.Issuer, world.KeyFile("agent/billing"),
                "python3", "-c", Child, world.At(loot), world.At(go),
            ])
        {
            UseShellExecute = false,
        };
        start.Environment["WRIT_KEY_FILE"] = world.KeyFile("agent/billing");
        start.Environment["KEY_ELSEWHERE"] = "file:" + world.KeyFile("agent/billing");
        start.Environment["AGENT_PEM"] = File.ReadAllText(world.KeyFile("agent/billing"));
        return Process.Start(start)!;
    }

    private async Task<JsonNode> LootAsync(string name)
    {
        await Eventually.IsTrueAsync(() => File.Exists(world.At(name)), "the child is up", TimeSpan.FromSeconds(30));
        var text = await File.ReadAllTextAsync(world.At(name));
        Assert.DoesNotContain("PRIVATE KEY", text, StringComparison.Ordinal);
        Assert.DoesNotContain(world.KeyFile("agent/billing"), text, StringComparison.Ordinal);
        return JsonNode.Parse(text)!;
    }

    private string Direct(Uri endpoint, bool unused) => Request(
        [endpoint.Authority], new Uri(world.Issuer).Authority, new Uri(world.Orders).Authority, unused);

    private string Request(string[] runs, string broker, string api, bool unused) => JsonSerializer.Serialize(new
    {
        loot = world.At("loot"),
        runs,
        broker = new { origin = world.Issuer, at = broker },
        api = new { origin = world.Orders, at = api },
        unused,
    });

    private static void GotNothing(Command thief, int attempts)
    {
        var lines = thief.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!).ToList();
        var (controls, tries) = (lines.FindAll(IsControl), lines.FindAll(line => !IsControl(line)));
        Assert.All(controls, control => Assert.Equal((int)HttpStatusCode.OK, (int?)control["status"]));
        Assert.Equal((2, attempts), (controls.Count, tries.Count));
        foreach (var attempt in tries)
        {
            Assert.True(
                attempt["error"] is not null || (int)attempt["status"]! is >= 400 and < 500, attempt.ToString());
            Assert.DoesNotContain("access_token\"", (string?)attempt["body"] ?? "", StringComparison.Ordinal);
            Assert.DoesNotContain("\"proof\"", (string?)attempt["body"] ?? "", StringComparison.Ordinal);
        }
    }

    private static bool IsControl(JsonNode line) =>
        ((string)line["what"]!).StartsWith("control", StringComparison.Ordinal);
}
