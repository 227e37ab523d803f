using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Writ.Cli.Tests;

/// <summary>What a person types as an address, and what answers there.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData("127.0.0.1:8420", "Did you mean http://127.0.0.1:8420?")]
    [InlineData("localhost:8420", "Did you mean http://localhost:8420?")]
    [InlineData("writ.example:443", "Did you mean https://writ.example:443?")]
    [InlineData("http://writ.example", "http on loopback")]
    [InlineData("https://writ.example/path", "an https origin")]
    [InlineData("https://me@writ.example", "an https origin")]
    [InlineData("writ", "an https origin")]
    public async Task Login_at_what_is_no_address_says_so_and_leaves_no_key(string addr, string said)
    {
        using var terminal = new Terminal();

        var result = await terminal.RunAsync(["login", addr, "--name", "me"], "some-code");

        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Contains(said, result.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(terminal.Home.KeyFile + ".new"));
    }

    [Fact]
    public async Task Login_where_nobody_listens_leaves_no_key()
    {
        using var terminal = new Terminal();

        var result = await terminal.RunAsync(["login", $"http://127.0.0.1:{FreePort()}", "--name", "me"], "some-code");

        Assert.Equal(ExitCode.Error, result.ExitCode);
        Assert.Empty(Directory.Exists(terminal.Home.Folder) ? Directory.GetFiles(terminal.Home.Folder) : []);
    }

    [Fact]
    public async Task Doctor_says_that_something_else_answers()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapFallback(() => Results.Content("<html>hello</html>", "text/html"));
        await app.StartAsync();
        using var terminal = new Terminal(app.Urls.Single());

        var result = await terminal.RunAsync("doctor -o json");

        Assert.Equal(ExitCode.Error, result.ExitCode);
        Assert.Contains("no Writ broker", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        503, """{"status":"not ready","parts":{"store":"this replica is blind","keys":"ok","disk":"it is full"}}""",
        "store: this replica is blind; disk: it is full")]
    [InlineData(200, """{"status":"ready","parts":{"store":"ok","keys":"ok"}}""", "store, keys")]
    [InlineData(503, "<html>proxy</html>", "/readyz answers 503")]
    public async Task Doctor_says_which_parts_are_ready_in_words(int status, string answer, string said)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapGet("/livez", () => "ok");
        app.MapGet("/readyz", () => Results.Text(answer, "application/json", statusCode: status));
        await app.StartAsync();
        using var terminal = new Terminal(app.Urls.Single());

        var result = await terminal.RunAsync("doctor");

        Assert.Contains(said, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("status", result.Output, StringComparison.Ordinal); // no JSON, nor what is left of it
    }

    [Fact]
    public async Task Short_name_without_a_broker_that_completes_it_is_no_name()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapFallback(() => Results.Content("<html>hello</html>", "text/html"));
        await app.StartAsync();
        foreach (var (addr, said) in new[]
        {
            (app.Urls.Single(), "give the whole SPIFFE id"),
            ($"http://127.0.0.1:{FreePort()}", "could not be reached"),
        })
        {
            using var terminal = new Terminal(addr);
            terminal.Set("WRIT_IDENTITY", "agent/billing");
            terminal.Set("WRIT_KEY", terminal.At("agent.pem"));

            var result = await terminal.RunAsync("task list");

            Assert.Equal(ExitCode.Error, result.ExitCode);
            Assert.Contains(said, result.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Doctor_says_once_that_no_broker_is_there()
    {
        using var terminal = new Terminal($"http://127.0.0.1:{FreePort()}");

        var result = await terminal.RunAsync("doctor -o json");

        Assert.Equal(ExitCode.Error, result.ExitCode);
        Assert.Single(result.Output.Split("not reached").Skip(1));
    }

    internal static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
