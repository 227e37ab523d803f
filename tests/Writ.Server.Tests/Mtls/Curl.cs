using System.Globalization;
using System.Text.Json;
using Writ.Testing;

namespace Writ.Server.Tests.Mtls;

/// <summary>curl, as a client with a certificate or without.</summary>
/// <param name="authority">PEM file of the authority that it trusts for the server.</param>
/// <param name="certificate">What it shows; null: nothing.</param>
public sealed class Curl(string authority, ClientCertificate? certificate)
{
    public Task<CurlReply> PostFormAsync(string url, params (string Name, string Value)[] form) =>
        RunAsync([url, .. form.SelectMany(f => new[] { "--data-urlencode", $"{f.Name}={f.Value}" })]);

    public Task<CurlReply> GetAsync(string url, params string[] headers) =>
        RunAsync([url, .. headers.SelectMany(h => new[] { "--header", h })]);

    public Task<CurlReply> PostJsonAsync(string url, object body, params string[] headers) => RunAsync(
    [
        url, "--json", JsonSerializer.Serialize(body), .. headers.SelectMany(h => new[] { "--header", h }),
    ]);

    private async Task<CurlReply> RunAsync(string[] arguments)
    {
        string[] shown = certificate is null ? [] : ["--cert", certificate.Certificate, "--key", certificate.Key];
        var said = (await Command.RunAsync(
            "curl",
            ["--silent", "--show-error", "--cacert", authority, "--write-out", "\n%{http_code}", .. shown,
                .. arguments]))
            .Succeeded();
        var end = said.LastIndexOf('\n');
        return new CurlReply(int.Parse(said[(end + 1)..], CultureInfo.InvariantCulture), said[..end]);
    }
}

/// <summary>What curl printed.</summary>
public sealed record CurlReply(int Status, string Text)
{
    public JsonElement Json => JsonElement.Parse(Text);

    /// <summary>A member that is text; null where there is none.</summary>
    public string? this[string name] => Json.TryGetProperty(name, out var value) ? value.GetString() : null;
}
