using System.Text.Json.Nodes;

namespace Writ.Cli.Printing;

/// <summary>Prints a one-time code: it alone on standard output, for a pipe; what to do with it beside it.</summary>
internal static class OneTimeCode
{
    public static void Print(Call call, JsonObject answer, string login)
    {
        if (call.Print.Format != OutputFormat.Table)
        {
            call.Print.Data(answer);
            return;
        }

        call.Outside.Out.WriteLine(Cell.Of(answer["code"]));
        call.Outside.Error.WriteLine($"Good once, for 15 minutes. To enrol a key with it: {login}");
    }
}
