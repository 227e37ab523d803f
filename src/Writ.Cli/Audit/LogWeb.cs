using System.Buffers;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Writ.Client;
using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary>A log at the broker that serves it: hashes and checkpoints as anybody gets them, entries and details as
/// whoever is logged in there.</summary>
/// <param name="prefix">The log's address, with a slash at its end.</param>
/// <param name="own">The broker as who we are; null: nobody that it knows.</param>
internal sealed class LogWeb(Uri prefix, ManagementApi? own) : ILogPlace, IDisposable
{
    private const int MostHistory = 8 << 20; // of one answer

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        BaseAddress = prefix,
        Timeout = TimeSpan.FromMinutes(1),
    };

    private byte[]? _head; // what was read first: a live log has another one a second later

    public bool HasDetails => own is not null;

    public async ValueTask<bool> ReadAsync(
        string path, int most, ArrayBufferWriter<byte> into, CancellationToken cancel)
    {
        if (path != LogPaths.Checkpoint) return await GetAsync(path, most, into, cancel);
        if (_head is null)
        {
            var fresh = new ArrayBufferWriter<byte>();
            if (!await GetAsync(path, most, fresh, cancel)) return false;
            _head = fresh.WrittenSpan.ToArray();
        }
        into.Write(_head);
        return true;
    }

    /// <summary>Takes what is the head now, when it is asked for the next time.</summary>
    public void Renew() => _head = null;

    public IAsyncEnumerable<SignedNote> HistoryAsync(CancellationToken cancel) => HistoryAsync(0, cancel);

    /// <summary>The checkpoints above a size.</summary>
    public async IAsyncEnumerable<SignedNote> HistoryAsync(
        long after, [EnumeratorCancellation] CancellationToken cancel)
    {
        var head = SignedNote.TryParse(_head, out var note) && Checkpoint.TryParse(note.Text, out var of) ? of.Size : 0;
        while (after < head)
        {
            var page = new ArrayBufferWriter<byte>();
            var path = string.Create(CultureInfo.InvariantCulture, $"{LogPaths.History}?after={after}");
            if (!await GetAsync(path, MostHistory, page, cancel)) yield break;
            var before = after;
            await foreach (var next in NoteReader.ReadAsync(new MemoryStream(page.WrittenSpan.ToArray()), cancel))
            {
                if (!Checkpoint.TryParse(next.Text, out var checkpoint) || checkpoint.Size > head) yield break;
                after = checkpoint.Size;
                yield return next;
            }
            if (after <= before) yield break;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> GetAsync(string path, int most, ArrayBufferWriter<byte> into, CancellationToken cancel)
    {
        if (own is not null && LogPaths.IsOfRecords(path))
        {
            if (await own.ReadAsync(new Uri(prefix, path).AbsolutePath, most, cancel) is not { } bytes) return false;
            into.Write(bytes);
            return true;
        }
        try
        {
            using var answer = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancel);
            switch (answer.StatusCode)
            {
                case HttpStatusCode.OK:
                    await using (var body = await answer.Content.ReadAsStreamAsync(cancel))
                        await FillAsync(body, most, into, cancel);
                    return true;
                case HttpStatusCode.NotFound:
                    return false;
                case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                    throw new UnableException($"{prefix} shows {path} to those alone who may read its records: "
                        + "log in there, or verify an export.");
                default:
                    throw new UnableException($"{prefix}{path} answers {(int)answer.StatusCode}.");
            }
        }
        catch (Exception e) when (e is HttpRequestException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new UnableException($"{prefix} is not reached: {e.Message}");
        }
    }

    private static async Task FillAsync(
        Stream body, int most, ArrayBufferWriter<byte> into, CancellationToken cancel)
    {
        for (var rest = most + 1L; rest > 0;)
        {
            var memory = into.GetMemory(4096);
            var read = await body.ReadAsync(memory[..(int)Math.Min(memory.Length, rest)], cancel);
            if (read == 0) return;
            into.Advance(read);
            rest -= read;
        }
    }
}
