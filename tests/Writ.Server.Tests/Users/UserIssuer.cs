using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Writ.Testing;

namespace Writ.Server.Tests.Users;

/// <summary>The issuer of users' tokens: a process of its own, built with npm <c>jose</c> (tests/interop).</summary>
public sealed class UserIssuer : IAsyncDisposable
{
    public const string Audience = "writ";
    private readonly Process _process;
    private readonly HttpClient _http = new();

    private UserIssuer(Process process, string issuer)
    {
        _process = process;
        Issuer = issuer;
    }

    public string Issuer { get; }

    public static async Task<UserIssuer> StartAsync()
    {
        var folder = Repository.At("tests/interop");
        var start = new ProcessStartInfo("node", [Path.Combine(folder, "user-issuer.mjs")])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true, // its end is the process's end, however the test dies
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var line = await process.StandardOutput.ReadLineAsync(limit.Token)
            ?? throw new InvalidOperationException("The issuer did not start: run 'eng/install && eng/interop'.");
        return new UserIssuer(process, JsonElement.Parse(line).GetProperty("issuer").GetString()!);
    }

    /// <summary>Signs claims; how: <c>sign</c>, or one of the wrong ways that the script knows.</summary>
    public async Task<string> MintAsync(object claims, string how = "sign", object? header = null) =>
        (await ControlAsync("mint", new { claims, how, header = header ?? new { } })).GetProperty("token").GetString()!;

    /// <summary>A new signing key; the old one stays published, or is withdrawn.</summary>
    public Task RotateAsync(bool withdrawsOld = false) => ControlAsync("rotate", new { withdraws_old = withdrawsOld });

    /// <summary>Stops answering, or answers what is no JWK Set.</summary>
    public Task BecomeAsync(bool down = false, bool garbled = false) => ControlAsync("state", new { down, garbled });

    /// <summary>How often somebody fetched the keys.</summary>
    public async Task<int> FetchesAsync() => (await ControlAsync("fetches", new { })).GetProperty("fetches").GetInt32();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<JsonElement> ControlAsync(string what, object body)
    {
        using var response = await _http.PostAsJsonAsync($"{Issuer}/control/{what}", body);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
