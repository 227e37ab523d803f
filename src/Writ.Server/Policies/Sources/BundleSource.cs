using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Writ.Rego;
using Writ.Rego.Bundles;

namespace Writ.Server.Policies.Sources;

/// <summary>
/// A signed OPA bundle: a file, or an address that is asked with the ETag of what it gave last. Nobody is followed
/// elsewhere, and what the key did not sign is nothing. What it signed once it may have replaced: revisions that are
/// whole numbers only grow.
/// </summary>
public sealed class BundleSource(
    string place, BundleVerification verification, HttpClient http, bool isNumbered = false) : IPolicySource
{
    private const string Shown = "bundle";

    public string Name => $"bundle {place}";

    public async Task<SourceState?> ReadAsync(string? seen, CancellationToken cancel)
    {
        try
        {
            return Uri.TryCreate(place, UriKind.Absolute, out var uri) && uri.Scheme != Uri.UriSchemeFile
                ? await AskAsync(uri, seen, cancel)
                : Read(await ReadFileAsync(cancel), null, seen);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or UnauthorizedAccessException or RegoError
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new PolicySourceException(e.Message, e);
        }
    }

    /// <summary>A client for it: one address, no redirects, bounded in time and size.</summary>
    public static HttpClient Client() =>
        new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null, // what a caller says of its trace is not for others
        })
        {
            Timeout = TimeSpan.FromSeconds(30),
            MaxResponseContentBufferSize = FolderSource.Limits.TotalBytes,
        };

    private async Task<SourceState?> AskAsync(Uri uri, string? seen, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        if (seen is not null && EntityTagHeaderValue.TryParse(seen, out var tag)) request.Headers.IfNoneMatch.Add(tag);
        using var answer = await http.SendAsync(request, cancel);
        if (answer.StatusCode == HttpStatusCode.NotModified) return null;
        if (!answer.IsSuccessStatusCode)
            throw new PolicySourceException($"It was answered with {(int)answer.StatusCode}.");
        var bytes = await answer.Content.ReadAsByteArrayAsync(cancel);
        return Read(bytes, answer.Headers.ETag?.ToString(), seen);
    }

    private async Task<byte[]> ReadFileAsync(CancellationToken cancel) =>
        new FileInfo(place) is { Exists: true, Length: var length } && length > FolderSource.Limits.TotalBytes
            ? throw new PolicySourceException("It is larger than a policy may be.")
            : await File.ReadAllBytesAsync(place, cancel);

    private SourceState? Read(byte[] bytes, string? etag, string? seen)
    {
        var tag = etag ?? Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (tag == seen) return null;
        using var archive = new MemoryStream(bytes);
        var bundle = Bundle.Read(Shown, archive, verification, FolderSource.Limits);
        var files = bundle.Files.Select(f => f with { Name = f.Name[(Shown.Length + 1)..] });
        var isNumber = long.TryParse(
            bundle.Manifest.Revision, NumberStyles.None, CultureInfo.InvariantCulture, out var given);
        long? number = isNumber ? given : null;
        if (isNumbered && number is null)
            throw new PolicySourceException($"Its revision, “{bundle.Manifest.Revision}”, is no whole number.");
        return new SourceState(tag, new PolicySet([.. files], bundle.Data)) { Revision = number };
    }
}
