using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Writ.Server.Edge;
using Writ.Tlog;

namespace Writ.Server.Transparency;

/// <summary>One witness, asked as C2SP tlog-witness says. What it answers counts only as far as signatures hold: its
/// own below a cosignature, ours below a checkpoint that it says it got from us.</summary>
public sealed class WitnessClient(WitnessTarget target, HttpClient http) : IDisposable
{
    private readonly VerifierKey _key = VerifierKey.Parse(target.Key);

    public string Name => _key.Name;

    /// <summary>What it cosigned last, as far as is known here. Owner: the one that gathers.</summary>
    public long Known { get; set; }

    /// <summary>Bounded in time and size; never where it is redirected.</summary>
    public static HttpClient Client(TimeSpan patience) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false })
        {
            Timeout = patience,
            MaxResponseContentBufferSize = 1 << 16,
        };

    /// <summary>Whether a note has its cosignature already.</summary>
    public bool HasCosigned(SignedNote note) => note.Verify([_key]).Count == 1;

    /// <summary>Asks for a cosignature.</summary>
    /// <returns>The status, and with it: of 200 the cosignature, of 409 the size that the witness knows.</returns>
    public async Task<(HttpStatusCode Status, NoteSignature? Cosignature, long Size)> AskAsync(
        WitnessRequest request, CancellationToken cancel)
    {
        using var body = new StringContent(request.ToString(), Encoding.UTF8);
        using var answer = await http.PostAsync(new Uri(Prefix, "add-checkpoint"), body, cancel);
        var text = await answer.Content.ReadAsStringAsync(cancel);
        if (answer.StatusCode == HttpStatusCode.Conflict)
        {
            return long.TryParse(text.TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                ? (answer.StatusCode, null, size)
                : throw new HttpRequestException("it names no size");
        }
        if (answer.StatusCode != HttpStatusCode.OK) return (answer.StatusCode, null, 0);
        foreach (var line in text.Split('\n'))
        {
            if (NoteSignature.TryParse(line, out var one)
                && (request.Note with { Signatures = [one] }).Verify([_key]).Count == 1)
                return (answer.StatusCode, one, 0);
        }
        throw new HttpRequestException("its cosignature does not hold");
    }

    /// <summary>The checkpoint of ours that it cosigned last; null: it shows none that we signed.</summary>
    public async Task<Checkpoint?> ShownAsync(VerifierKey log, CancellationToken cancel)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(log.Name)));
        using var answer = await http.GetAsync(new Uri(Prefix, $"{name}/checkpoint"), cancel);
        return answer.StatusCode == HttpStatusCode.OK
            && SignedNote.TryParse(await answer.Content.ReadAsByteArrayAsync(cancel), out var note)
            && note.Verify([log]).Count == 1 && Checkpoint.TryParse(note.Text, out var shown)
            && shown.Origin == log.Name
                ? shown
                : null;
    }

    public void Dispose() => _key.Dispose();

    private Uri Prefix => new(target.Url.AbsoluteUri.TrimEnd('/') + "/");
}
