using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary>Keys as a command is given them: the line itself, or a file that has it.</summary>
internal static class LogKeys
{
    /// <summary>One key.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static VerifierKey Parse(Call call, string lineOrFile)
    {
        try
        {
            return VerifierKey.Parse(LineOf(call, lineOrFile));
        }
        catch (FormatException e)
        {
            throw new UsageException($"{lineOrFile}: {e.Message}");
        }
    }

    /// <summary>The key of a log.</summary>
    public static VerifierKey Log(Call call, string lineOrFile)
    {
        var key = Parse(call, lineOrFile);
        return key.Type != NoteKeyType.Cosignature
            ? key
            : throw new UsageException($"{key} is a witness's key, and no log's.");
    }

    /// <summary>The keys of witnesses, each once.</summary>
    public static IReadOnlyList<VerifierKey> Witnesses(Call call, IEnumerable<string> linesOrFiles)
    {
        var keys = linesOrFiles.Select(text => Parse(call, text)).ToList();
        if (keys.Find(key => key.Type != NoteKeyType.Cosignature) is { } other)
            throw new UsageException($"{other} is no witness's key: it makes no cosignatures.");
        var each = keys.DistinctBy(key => key.ToString(), StringComparer.Ordinal).ToList();
        // Two keys of one name would be counted as two witnesses.
        return each.Select(key => key.Name).Distinct(StringComparer.Ordinal).Count() == each.Count
            ? each
            : throw new UsageException("Two of the witnesses have the same name.");
    }

    /// <summary>The key that a log itself says is its own.</summary>
    public static async Task<VerifierKey> OfAsync(ILogPlace place, CancellationToken cancel)
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        if (!await place.ReadAsync(LogPaths.Key, LogPaths.MostKey, bytes, cancel))
            throw new UnableException("The log has no key: give it with --key.");
        var text = System.Text.Encoding.UTF8.GetString(bytes.WrittenSpan);
        try
        {
            if (text.EndsWith('\n')) return VerifierKey.Parse(text[..^1]);
        }
        catch (FormatException)
        {
            // It is said below.
        }
        throw new UnableException("The log's key is no verifier key: give the right one with --key.");
    }

    private static string LineOf(Call call, string lineOrFile)
    {
        var file = Path.GetFullPath(lineOrFile, call.Outside.Folder);
        if (!File.Exists(file)) return lineOrFile.Trim();
        if (new FileInfo(file).Length > LogPaths.MostKey) throw new UsageException($"{lineOrFile} is no key.");
        return File.ReadAllText(file).Trim();
    }
}
