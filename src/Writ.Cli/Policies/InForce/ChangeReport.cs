using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Policies.InForce;

/// <summary>Where two policies answer differently: by identity, by rule, and some decisions of each kind.</summary>
internal static class ChangeReport
{
    private static readonly Column[] Counts =
    [
        Count("would_refuse"),
        Count("would_allow"),
        Count("other_obligations"),
        Count("other_reason"),
    ];

    private static readonly Column[] Examples =
    [
        Column.Of("decision_id"),
        Column.Of("change"),
        Column.Of("kind"),
        Column.Name("identity", "identity"),
        Column.Of("was"),
        Column.Of("would_be"),
        new("rules", item => Cell.Of(item["rules"])),
    ];

    public static void Print(Call call, JsonObject result, string same, string what)
    {
        if (call.Print.Format != OutputFormat.Table)
        {
            call.Print.Data(result);
            return;
        }

        var output = call.Outside.Out;
        var changed = (int)result["changed"]!;
        var all = (int)result["same"]! + changed;
        output.WriteLine(changed == 0
            ? $"{same}: {all} {what}."
            : $"{changed} of {all} {what} would be answered otherwise.");
        if ((bool?)result["cut"] is true)
            output.WriteLine("There were more records than one replay looks at: choose a shorter span.");
        if ((bool?)result["too_slow"] is true)
            output.WriteLine("The policy ran into its limits so often that the rest was not tried.");
        if ((int?)result["shed"] is { } shed)
            output.WriteLine($"{shed} more were not compared: there was no time for them.");
        if ((int?)result["unreadable"] is { } unreadable)
            output.WriteLine($"{unreadable} more cannot be asked again: their records do not hold the question.");
        if (changed == 0)
            return;
        call.Print.List(Items(result, "by_identity"), [Column.Name("identity", "identity"), .. Counts]);
        call.Print.List(Items(result, "by_rule"), [Column.Of("rule"), .. Counts]);
        call.Print.List(Items(result, "examples"), Examples);
    }

    private static JsonArray Items(JsonObject result, string name) => (JsonArray)result[name]!.DeepClone();

    private static Column Count(string name) => Column.Of(name);
}
