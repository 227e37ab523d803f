using System.Globalization;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;
using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary>Says what came of a verification.</summary>
internal static class LogReport
{
    /// <summary>Says that all is well, and of what; or where it is not.</summary>
    /// <returns>How the command ends.</returns>
    public static int Print(Call call, VerifierKey key, LogVerdict verdict, long? details)
    {
        if (verdict.Divergence is { } divergence) return Differs(call, divergence);
        var head = verdict.Head!;
        var report = new JsonObject
        {
            ["origin"] = head.Origin,
            ["entries"] = head.Size,
            ["root"] = head.Root.ToString(),
            ["checkpoints"] = verdict.Checkpoints,
            ["details"] = details,
            ["cosigned"] = new JsonArray([.. verdict.HeadCosigned.Select(name => JsonValue.Create(name))]),
            ["key"] = key.ToString(),
        };
        if (call.Print.Format != OutputFormat.Table)
        {
            call.Print.One(report);
            return ExitCode.Yes;
        }
        var with = details is { } count
            ? string.Create(CultureInfo.InvariantCulture, $"{count:N0} details, ")
            : "";
        call.Outside.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Whole: {head.Size:N0} records, {with}{verdict.Checkpoints:N0} checkpoints of {head.Origin}."));
        call.Outside.Out.WriteLine($"Root: {head.Root}");
        foreach (var (name, checkpoints) in verdict.Cosigned)
        {
            var isLast = verdict.HeadCosigned.Contains(name, StringComparer.Ordinal) ? "included" : "not";
            call.Outside.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"Witness {name}: {checkpoints:N0} checkpoints, the last {isLast}."));
        }
        return ExitCode.Yes;
    }

    public static int Differs(Call call, LogDivergence divergence)
    {
        if (call.Print.Format == OutputFormat.Table)
        {
            call.Outside.Out.WriteLine($"Not what it says: {SafeText.Of(divergence.Place)}");
            call.Outside.Out.WriteLine($"  there is    {SafeText.Of(divergence.Stands)}");
            call.Outside.Out.WriteLine($"  it must be  {SafeText.Of(divergence.Computed)}");
        }
        else
        {
            call.Print.One(new JsonObject
            {
                ["divergence"] = new JsonObject
                {
                    ["place"] = divergence.Place,
                    ["stands"] = divergence.Stands,
                    ["computed"] = divergence.Computed,
                },
            });
        }
        return ExitCode.Differs;
    }
}
