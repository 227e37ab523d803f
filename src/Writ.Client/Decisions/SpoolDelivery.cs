using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Writ.Client;

/// <summary>
/// Brings the spool to the broker, in order, until it says that it has it. What it has, it takes no second time, so a
/// file is begun again after a crash. What it refuses is kept aside and holds nothing up.
/// </summary>
internal sealed class SpoolDelivery(DecisionSpool spool, ManagementApi broker, TimeProvider time, ILogger log)
{
    internal const string Path = "/access/v1/decisions";
    internal const string AsideName = "refused.ndjson";

    private const int MaxEntries = 256;
    private const int MaxBytes = 512 * 1024;
    private const long MaxAside = 16 * 1024 * 1024;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>After a no: each try is a record in the broker's log.</summary>
    private static readonly TimeSpan RefusedPause = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _grown = new(0, 1);
    private bool _isDown; // so that an outage is logged once; owner: RunAsync

    internal async Task RunAsync(CancellationToken stop)
    {
        spool.Grown += Wake;
        try
        {
            foreach (var path in spool.Left)
                await TryDeliverAsync(path, () => (new FileInfo(path).Length, true), stop);
            while (spool.Segments.TryPeek(out var segment))
            {
                await TryDeliverAsync(segment.Path, () => (segment.Durable, spool.Segments.Count > 1), stop);
                spool.Segments.TryDequeue(out _);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What is left is delivered after the next start.
        }
        finally
        {
            spool.Grown -= Wake;
        }
    }

    private void Wake()
    {
        try
        {
            if (_grown.CurrentCount == 0)
                _grown.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else woke it at the same moment.
        }
    }

    /// <summary>Tries until it is done: what the broker has, it takes no second time.</summary>
    private async Task TryDeliverAsync(
        string path, Func<(long Length, bool IsFinal)> end, CancellationToken stop)
    {
        while (File.Exists(path))
        {
            try
            {
                await DeliverAsync(path, end, stop);
                return;
            }
#pragma warning disable CA1031 // Whatever it was, the delivery goes on: one that ends would fill the spool.
            catch (Exception e) when (!stop.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Say("Decisions cannot be delivered", e);
                await Task.Delay(LongestPause, time, stop);
            }
        }
    }

    /// <summary>One file to its end, and away with it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="end">Up to where it may be read now, and whether it grows no more.</param>
    /// <param name="stop">Ends it between two steps.</param>
    private async Task DeliverAsync(string path, Func<(long Length, bool IsFinal)> end, CancellationToken stop)
    {
        SpoolPart? part = null;
        while (true)
        {
            var isFinal = end().IsFinal; // asked before the length: a final one's length is final, too
            var length = end().Length;
            var next = await ReadAsync(path, part, length, stop);
            if (next.Entries.Count > 0)
            {
                await SendAsync(next.Spool, next.First, next.Entries, stop);
                part = next;
                continue;
            }

            if (next.IsTorn)
            {
                if (next.End < length)
                    log.LogWarning("{File} ends in what is no entry: nobody was answered about that.", path);
                spool.Forget(path, isTorn: true);
                return;
            }

            if (isFinal)
            {
                spool.Forget(path, isTorn: false);
                return;
            }

            await _grown.WaitAsync(stop);
        }
    }

    private async Task<SpoolPart> ReadAsync(string path, SpoolPart? before, long length, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return SpoolSegment.Read(path, before, length, MaxEntries, MaxBytes);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Say("The spool of decisions cannot be read", e);
                await Task.Delay(LongestPause, time, stop);
            }
        }
    }

    private async Task SendAsync(string name, long first, IReadOnlyList<byte[]> entries, CancellationToken stop)
    {
        var pause = ShortestPause;
        while (true)
        {
            try
            {
                Take(first, entries, await broker.SendAsync(HttpMethod.Post, Path, Body(name, first, entries), stop));
                if (_isDown)
                    log.LogInformation("Decisions are delivered again.");
                _isDown = false;
                return;
            }
            catch (WritException e) when (e.Status is 409)
            {
                // The spool's name is another identity's: a file that is not ours. It must not hold up those that are.
                for (var i = 0; i < entries.Count; i++)
                    KeepAside(first + i, e.Code, entries[i]);
                return;
            }
            catch (WritException e) when (e.Status is 400 or 413)
            {
                // Something in it cannot be taken at all: find out what, and let the rest through.
                if (entries.Count == 1)
                {
                    KeepAside(first, e.Code, entries[0]);
                    return;
                }

                var half = entries.Count / 2;
                await SendAsync(name, first, [.. entries.Take(half)], stop);
                await SendAsync(name, first + half, [.. entries.Skip(half)], stop);
                return;
            }
            catch (WritException e)
            {
                Say("Decisions cannot be delivered, and stay in the spool", e);
                await Task.Delay(e.RetryAfter ?? (e.IsRefusal ? RefusedPause : pause), time, stop);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private static byte[] Body(string name, long first, IReadOnlyList<byte[]> entries)
    {
        using var body = new MemoryStream();
        body.Write(Encoding.ASCII.GetBytes($$"""{"spool":"{{name}}","first":{{first}},"decisions":["""));
        for (var i = 0; i < entries.Count; i++)
        {
            if (i > 0)
                body.WriteByte((byte)',');
            body.Write(entries[i]);
        }

        body.Write("]}"u8);
        return body.ToArray();
    }

    private void Take(long first, IReadOnlyList<byte[]> entries, JsonElement? answer)
    {
        if (answer is not { } members || !members.TryGetProperty("refused"u8, out var refused)
            || refused.ValueKind != JsonValueKind.Array)
        {
            throw BrokerErrors.Malformed("a report without what was refused");
        }

        foreach (var one in refused.EnumerateArray())
        {
            if (one.TryGetProperty("number"u8, out var number) && number.TryGetInt64(out var known)
                && known - first is >= 0 and var place && place < entries.Count)
            {
                KeepAside(
                    known, one.TryGetProperty("code"u8, out var code) ? code.ToString() : "refused",
                    entries[(int)place]);
            }
        }
    }

    private void KeepAside(long number, string code, byte[] entry)
    {
        log.LogError("The broker does not take decision {Number} ({Code}): it is kept in {File}.",
            number, code, AsideName);
        try
        {
            using var aside = new FileStream(
                System.IO.Path.Combine(spool.Folder, AsideName), FileMode.Append, FileAccess.Write);
            if (aside.Length > MaxAside)
                return;
            aside.Write(entry);
            aside.WriteByte((byte)'\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Say("What the broker does not take cannot be kept", e);
        }
    }

    private void Say(string what, Exception why)
    {
        if (!_isDown)
            log.LogWarning("{What}: {Reason}", what, why.Message);
        _isDown = true;
    }
}
