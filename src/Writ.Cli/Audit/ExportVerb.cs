using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text;
using Writ.Cli.Printing;
using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary><c>writ audit export</c>: the whole log into a folder, which is then verified before it is called done.
/// </summary>
internal static class ExportVerb
{
    private const int Rounds = 3;

    public static Command Create(Verbs verbs)
    {
        var dir = new Argument<string>("dir") { Description = "The folder; one of before is continued." };
        var key = new Option<string?>("--key")
        {
            Description = "The log's verifier key; by default the one that the folder has, else the broker's word.",
            HelpName = "LINE|FILE",
        };
        var former = new Option<int?>("--former")
        {
            Description = "A log of before a restore, by its number, instead of the one that grows.",
            HelpName = "N",
        };
        return verbs.Ending(
            "export", "Writes the log to a folder and verifies it; ends with 4 where it is not what it says.",
            async call =>
            {
                var folder = new LogFolder(Path.GetFullPath(call.Get(dir), call.Outside.Folder));
                var address = new Uri(Profiles.Session.AddrOf(call.Home, call.Outside));
                if (call.Get(former) is { } number)
                    address = new Uri(address, string.Create(CultureInfo.InvariantCulture, $"/log/former/{number}/"));
                using var web = VerifyVerb.Web(call, address);
                if (!web.HasDetails)
                    throw new UnableException($"Log in at {address} first: who may read records may export them.");
                try
                {
                    return await RunAsync(call, web, folder, call.Get(key));
                }
                catch (FormatException e)
                {
                    throw new UnableException($"{folder.Folder}: {e.Message} Begin anew in an empty folder.");
                }
            }, dir, key, former);
    }

    private static async Task<int> RunAsync(Call call, LogWeb web, LogFolder folder, string? given)
    {
        folder.Create();
        using var key = given is not null ? LogKeys.Log(call, given)
            : await LogKeys.OfAsync(folder.Has(LogPaths.Key) ? folder : web, call.Cancel);
        for (var round = 1; ; round++)
        {
            var (head, fault) = await HeadAsync(web, folder, key, call.Cancel);
            if (fault is not null) return LogReport.Differs(call, fault);
            await FetchAsync(call, web, folder, head!);
            var check = new LogCheck(folder, key, []);
            var verdict = await VerifiedAsync(call, web, folder, check);
            // What was erased while we read is covered by a checkpoint of a moment later.
            if (verdict.Divergence is { Stands: RecordCheck.Missing } && round < Rounds)
            {
                await Task.Delay(TimeSpan.FromSeconds(2), call.Outside.Time, call.Cancel);
                web.Renew();
                continue;
            }
            if (verdict.Divergence is null)
            {
                var sums = Encoding.UTF8.GetBytes(await folder.SumsAsync(call.Cancel));
                await folder.WriteAsync(LogPaths.Sums, sums, call.Cancel);
            }
            return LogReport.Print(call, key, verdict, check.Details);
        }
    }

    // Nothing of an export is trusted for having been verified before: it may have been changed since.
    private static async Task<LogVerdict> VerifiedAsync(Call call, LogWeb web, LogFolder folder, LogCheck check)
    {
        using var bar = new ProgressBar(call.Outside.Error, call.Outside.IsInteractive, "records verified");
        var verdict = await check.RunAsync(bar, call.Cancel);
        if (verdict.Divergence is not (null or { Stands: RecordCheck.Kept })
            || !await ForgetAsync(web, folder, check, verdict.Head!, call.Cancel))
            return verdict;
        return await check.RunAsync(bar, call.Cancel);
    }

    /// <summary>What has been erased since it was exported is erased here, too.</summary>
    private static async Task<bool> ForgetAsync(
        LogWeb web, LogFolder folder, LogCheck check, Checkpoint head, CancellationToken cancel)
    {
        var first = await LogPaths.BaseAsync(folder, cancel);
        var hasForgotten = false;
        foreach (var index in check.Erased.Blocks(first, first + head.Size, Tile.FullWidth))
        {
            if (Tile.In(head.Size, 0, index) is not { } tile) continue;
            var path = LogPaths.DetailsOf(tile);
            if (await GetAsync(folder, path, cancel) is not { } old) continue;
            var now = await NeedAsync(web, path, LogPaths.MostDetails, cancel);
            if (now.Span.SequenceEqual(old.Span)) continue;
            await folder.WriteAsync(path, now, cancel);
            hasForgotten = true;
        }
        return hasForgotten;
    }

    private static async Task<(Checkpoint? Head, LogDivergence? Fault)> HeadAsync(
        LogWeb web, LogFolder folder, VerifierKey key, CancellationToken cancel)
    {
        var bytes = await NeedAsync(web, LogPaths.Checkpoint, SignedNote.MaxBytes, cancel);
        if (!SignedNote.TryParse(bytes.Span, out var note) || !note.Verify([key]).Contains(key)
            || !Checkpoint.TryParse(note.Text, out var head) || head.Origin != key.Name)
            return (null, new LogDivergence("the broker's checkpoint", "none that the log signed", $"one of {key}"));
        var known = await GetAsync(folder, LogPaths.Checkpoint, cancel);
        if (known is { } old && SignedNote.TryParse(old.Span, out var before)
            && Checkpoint.TryParse(before.Text, out var was) && was.Size > head.Size)
            return (null, new LogDivergence("the broker's log", $"{head.Size} entries", $"{was.Size} at least"));
        return (head, null);
    }

    // What makes the rest count comes last: a folder that was left in the middle is gone on with.
    private static async Task FetchAsync(Call call, LogWeb web, LogFolder folder, Checkpoint head)
    {
        var cancel = call.Cancel;
        File.Delete(Path.Combine(folder.Folder, LogPaths.Sums));
        foreach (var path in (string[])[LogPaths.Key, LogPaths.About])
            if (!folder.Has(path))
                await folder.WriteAsync(path, await NeedAsync(web, path, LogPaths.MostKey, cancel), cancel);
        using var bar = new ProgressBar(call.Outside.Error, call.Outside.IsInteractive, "records");
        foreach (var tile in Tile.New(0, head.Size))
        {
            await CopyAsync(web, folder, tile.Path, tile.Width * TreeHash.Size, cancel);
            if (tile.Level > 0) continue;
            await CopyAsync(web, folder, tile.EntriesPath, EntryBundle.MaxBytes, cancel);
            await CopyAsync(web, folder, LogPaths.DetailsOf(tile), LogPaths.MostDetails, cancel);
            bar.Show((tile.Index * Tile.FullWidth) + tile.Width, head.Size);
        }
        var last = 0L;
        await foreach (var note in folder.HistoryAsync(cancel))
            if (Checkpoint.TryParse(note.Text, out var checkpoint)) last = checkpoint.Size;
        await folder.AppendHistoryAsync(web.HistoryAsync(last, cancel), cancel);
        await folder.WriteAsync(
            LogPaths.Checkpoint, await NeedAsync(web, LogPaths.Checkpoint, SignedNote.MaxBytes, cancel), cancel);
        folder.Clean(head.Size);
    }

    private static async Task CopyAsync(
        LogWeb web, LogFolder folder, string path, int most, CancellationToken cancel)
    {
        if (!folder.Has(path)) await folder.WriteAsync(path, await NeedAsync(web, path, most, cancel), cancel);
    }

    private static async Task<ReadOnlyMemory<byte>> NeedAsync(
        ILogPlace place, string path, int most, CancellationToken cancel) =>
        await GetAsync(place, path, cancel, most) is { } bytes && bytes.Length <= most
            ? bytes
            : throw new UnableException($"The broker does not have {path}.");

    private static async Task<ReadOnlyMemory<byte>?> GetAsync(
        ILogPlace place, string path, CancellationToken cancel, int most = LogPaths.MostDetails)
    {
        var bytes = new ArrayBufferWriter<byte>();
        return await place.ReadAsync(path, most, bytes, cancel) ? bytes.WrittenMemory : null;
    }
}
