using System.Buffers;
using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;
using Writ.Client;
using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary><c>writ audit verify</c>: a proof, an export or a live log, against the log's key and nothing else.
/// </summary>
internal static class VerifyVerb
{
    public static Command Create(Verbs verbs)
    {
        var what = new Argument<string>("what")
        {
            Description = "A proof file, a folder that a log was exported to, or the address of a broker.",
            HelpName = "FILE|DIR|URL",
        };
        var key = new Option<string?>("--key")
        {
            Description = "The log's verifier key, from elsewhere than the log itself (writ audit key).",
            HelpName = "LINE|FILE",
        };
        var witness = new Option<string[]>("--witness")
        {
            Description = "The key of a witness whose cosignatures count; may come again.",
            HelpName = "LINE|FILE",
        };
        var quorum = new Option<int?>("--quorum")
        {
            Description = "How many of the witnesses must have cosigned; by default all that are given.",
            HelpName = "N",
        };
        var of = new Option<string?>("--of")
        {
            Description = "Of a proof: the decision's id or the token's jti that it has to be about.",
            HelpName = "ID",
        };
        return verbs.Ending(
            "verify", "Checks a proof, an export or a live log; ends with 4 where it is not what it says.",
            async call =>
            {
                var witnesses = LogKeys.Witnesses(call, call.Get(witness) ?? []);
                var most = call.Get(quorum) ?? witnesses.Count;
                if (most < 0 || most > witnesses.Count)
                    throw new UsageException("--quorum is no more than the witnesses that are given.");
                try
                {
                    return await RunAsync(call, (call.Get(what), call.Get(of)), call.Get(key), witnesses, most);
                }
                catch (FormatException e)
                {
                    throw new UnableException($"It cannot be read: {e.Message}");
                }
            }, what, key, witness, quorum, of);
    }

    private static async Task<int> RunAsync(
        Call call, (string What, string? Id) of, string? key, IReadOnlyList<VerifierKey> witnesses, int quorum)
    {
        var what = of.What;
        var path = Path.GetFullPath(what, call.Outside.Folder);
        if (File.Exists(path)) return await FileAsync(call, (path, of.Id), key, witnesses, quorum);
        if (Directory.Exists(path))
        {
            var folder = new LogFolder(path);
            using var log = await KeyAsync(call, folder, key);
            using var bar = Bar(call);
            var check = new LogCheck(folder, log, witnesses);
            var whole = await check.RunAsync(folder, bar, call.Cancel);
            return Print(call, (log, key is not null), whole, check, quorum);
        }
        if (!Uri.TryCreate(what, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new UnableException($"{what} is not there.");
        using var web = Web(call, address);
        using var its = await KeyAsync(call, web, key);
        using var shown = Bar(call);
        var live = new LogCheck(web, its, witnesses);
        return Print(call, (its, key is not null), await live.RunAsync(shown, call.Cancel), live, quorum);
    }

    private static int Print(
        Call call, (VerifierKey Line, bool IsGiven) key, LogVerdict verdict, LogCheck check, int quorum)
    {
        if (verdict.Divergence is null && verdict.HeadCosigned.Count < quorum)
        {
            verdict = verdict with
            {
                Divergence = new LogDivergence(
                    LogPaths.Checkpoint, $"{verdict.HeadCosigned.Count} cosignatures of these witnesses", $"{quorum}"),
            };
        }
        if (verdict.Divergence is null && !key.IsGiven)
            throw new UnableException(
                "It is consistent with itself, and signed by a key that nobody vouched for; whoever forges a log makes "
                + $"a key for it, too. Compare this one with what you know, and say --key:\n{key.Line}");
        return LogReport.Print(call, key.Line, verdict, check.Details);
    }

    private static async Task<int> FileAsync(
        Call call, (string Path, string? Id) of, string? key, IReadOnlyList<VerifierKey> witnesses, int quorum)
    {
        var path = of.Path;
        if (key is null) throw new UsageException("A proof says nothing without the log's key: --key LINE|FILE.");
        using var log = LogKeys.Log(call, key);
        var bytes = new ArrayBufferWriter<byte>();
        await new LogFolder(Path.GetDirectoryName(path)!).ReadAsync(
            Path.GetFileName(path), ProofFile.MostBytes, bytes, call.Cancel);
        var proof = ProofFile.Parse(bytes.WrittenSpan);
        var (checkpoint, fault) = proof.Verify(log, witnesses, quorum);
        if (fault is not null)
            return LogReport.Differs(call, new LogDivergence(Path.GetFileName(path), fault, "a proof that holds"));
        JsonNode? record;
        try
        {
            record = proof.Record;
            if (of.Id is { } id && !proof.IsOf(id))
                return LogReport.Differs(
                    call, new LogDivergence(Path.GetFileName(path), "another record", $"the one of {id}"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new UnableException("The record is in the log, and cannot be read.");
        }
        if (call.Print.Format == OutputFormat.Table)
        {
            await call.Outside.Out.WriteLineAsync(
                $"Proven: leaf {proof.Proof.Index} of the {checkpoint!.Size} of {SafeText.Of(checkpoint.Origin)}.");
        }
        call.Print.One(new JsonObject
        {
            ["leaf"] = proof.Proof.Index,
            ["size"] = checkpoint!.Size,
            ["origin"] = checkpoint.Origin,
            ["root"] = checkpoint.Root.ToString(),
            ["detail"] = proof.IsWithheld ? "withheld, or erased" : "as the core commits to it",
            ["record"] = record,
        });
        return ExitCode.Yes;
    }

    private static async Task<VerifierKey> KeyAsync(Call call, ILogPlace place, string? given) =>
        given is not null ? LogKeys.Log(call, given) : await LogKeys.OfAsync(place, call.Cancel);

    private static ProgressBar Bar(Call call) => new(call.Outside.Error, call.Outside.IsInteractive, "records");

    /// <summary>A broker's log; as who we are, where that is our broker.</summary>
    public static LogWeb Web(Call call, Uri address)
    {
        var prefix = address.AbsolutePath is "/" ? new Uri(address, "/log/")
            : address.AbsolutePath.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/");
        return new LogWeb(prefix, IsOurs(call, address) ? call.Session.Client.Management : null);
    }

    private static bool IsOurs(Call call, Uri address)
    {
        try
        {
            return call.Session.Profile.Addr == address.GetLeftPart(UriPartial.Authority);
        }
        catch (Exception e) when (e is UnableException or UsageException or WritException or IOException)
        {
            return false;
        }
    }
}
