using System.Buffers.Text;
using System.CommandLine;
using System.Globalization;
using System.Text;
using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary><c>writ audit prove</c> and <c>writ audit key</c>: what others need who believe nobody.</summary>
internal static class ProveVerb
{
    public static Command Create(Verbs verbs)
    {
        var id = new Argument<string>("id")
        {
            Description = "A record's index, the id of a decision, or the jti of a token.",
        };
        var file = new Option<string?>("--file", "-f")
        {
            Description = "Where to; by default INDEX.tlog-proof here; - for standard output.",
            HelpName = "FILE",
        };
        return verbs.Of("prove", "Writes a record with the proof that it is in the log: one file, for offline use.",
            async call =>
            {
                var receipt = await call.SendAsync(HttpMethod.Get, $"/v1/audit/{call.Escaped(id)}/proof");
                var text = (string?)receipt["detail"] ?? "";
                var detail = Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : [];
                if (!LogProof.TryParse((string?)receipt["proof"] ?? "", out var proof))
                    throw new UnableException("The broker's answer is no proof.");
                var proven = new ProofFile(Encoding.UTF8.GetBytes((string?)receipt["core"] ?? ""), detail, proof);
                // What does not hold is not handed out.
                using var key = VerifierKey.Parse((string?)receipt["key"] ?? "");
                if (proven.Verify(key, [], 0).Fault is { } fault)
                    throw new UnableException($"The broker's proof does not hold: {fault}");
                await HoldAgainstAsync(call, call.Get(id), proven, key);
                if (call.Get(file) == "-")
                {
                    await call.Outside.Out.WriteAsync(proven.ToString());
                    return;
                }
                var path = call.Get(file) ?? $"{(long?)receipt["index"]}.tlog-proof";
                await using (var written = LogFolder.New(Path.GetFullPath(path, call.Outside.Folder)))
                    await written.WriteAsync(Encoding.UTF8.GetBytes(proven.ToString()), call.Cancel);
                await call.Outside.Out.WriteLineAsync($"{path}: check it with writ audit verify {path} --key …");
            }, id, file);
    }

    /// <summary>Whether it is the record that was asked for: by what its core says, or by its place.</summary>
    private static async Task HoldAgainstAsync(Call call, string asked, ProofFile proven, VerifierKey key)
    {
        var isIt = proven.IsOf(asked);
        if (!isIt && long.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            using var web = VerifyVerb.Web(call, new Uri(Profiles.Session.AddrOf(call.Home, call.Outside)));
            using var current = await LogKeys.OfAsync(web, call.Cancel);
            // Of a log of before a restore nobody here knows where it began.
            isIt = current.ToString() != key.ToString()
                || await LogPaths.BaseAsync(web, call.Cancel) + proven.Proof.Index == index;
        }
        if (!isIt) throw new UnableException($"The broker's proof is of another record than {asked}.");
    }

    public static Command Key(Verbs verbs)
    {
        var addr = new Option<string?>("--addr")
        {
            Description = "Of the log at that broker; by default yours.",
            HelpName = "URL",
        };
        return verbs.Of("key", "Prints the verifier key of the log, which everybody should keep who will check it.",
            async call =>
            {
                var text = call.Get(addr) ?? Profiles.Session.AddrOf(call.Home, call.Outside);
                if (!Uri.TryCreate(text, UriKind.Absolute, out var address))
                    throw new UsageException($"{text} is no address.");
                using var web = VerifyVerb.Web(call, address);
                using var key = await LogKeys.OfAsync(web, call.Cancel);
                await call.Outside.Out.WriteLineAsync(key.ToString());
            }, addr);
    }
}
