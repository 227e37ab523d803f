using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Audit;

/// <summary><c>writ audit erase</c>: takes persons and words out of records; what proves them stays.</summary>
internal static class EraseVerb
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static Command Create(Verbs verbs)
    {
        var fields = new Fields(
        [
            .. HoldVerbs.Selection(),
            Field.Text("--reason", "reason", "Why; it is recorded.", required: true),
        ]);
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask first." };
        var wait = new Option<bool>("--wait") { Description = "Wait until it is done." };
        return verbs.Of(
            "erase", "Erases details of records; refused where a legal hold covers some of them.", async call =>
            {
                await call.ConfirmAsync("Erase these details? It cannot be undone.", call.Get(yes));
                var answer = await call.SendAsync(HttpMethod.Post, "/v1/audit/erase", fields.Body(call));
                while (call.Get(wait) && Cell.Of(answer["status"]) is "running")
                {
                    await Task.Delay(Pause, call.Outside.Time, call.Cancel);
                    answer = await call.SendAsync(HttpMethod.Get, $"/v1/audit/erase/{Cell.Of(answer["id"])}");
                }

                if (call.Print.Format != OutputFormat.Table)
                    call.Print.Data(answer);
                else
                    call.Outside.Out.WriteLine(SafeText.Of(Says(answer)));
            }, [.. fields.Options, yes, wait]);
    }

    private static string Says(JsonObject answer)
    {
        var count = Cell.Of(answer["erased"]);
        var held = Cell.Of(answer["held"]) is "0" ? "" : $" {Cell.Of(answer["held"])} stay under a legal hold.";
        return Cell.Of(answer["status"]) switch
        {
            "done" => $"Erased: {count}.{held}",
            "waiting" => $"Erased: {count}.{held} Some belongs to what is alive: it is erased when that has ended.",
            _ => $"{Cell.Of(answer["id"])} is under way: {Cell.Of(answer["looked_at"])} of {Cell.Of(answer["of"])}.",
        };
    }
}
