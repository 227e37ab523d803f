using Writ.Cli.Printing;
using Writ.Rego;

namespace Writ.Cli.Policies.Reports;

/// <summary>Errors of policies, for people and for programs.</summary>
internal static class ErrorText
{
    public static string Pretty(RegoError error)
    {
        var message = SafeLines(error.Message);
        return error.Diagnostics.Count == 1 ? $"1 error occurred: {message}" : message;
    }

    public static string Json(RegoError error) => PrettyJson.Array(error.Diagnostics.Select(one => PrettyJson.Object(
        ("message", PrettyJson.Text(one.Message)),
        ("code", PrettyJson.Text(one.Code)),
        ("location", Location(one)),
        ("details", one.Code != "rego_parse_error" ? null : PrettyJson.Object(
            ("line", PrettyJson.Text(one.Line)), ("idx", PrettyJson.Number(Math.Max(one.Column - 1, 0))))))));

    private static string? Location(RegoDiagnostic one) => one.Row == 0 && one.File.Length == 0
        ? null
        : PrettyJson.Object(
            ("file", PrettyJson.Text(one.File)),
            ("row", PrettyJson.Number(one.Row)),
            ("col", PrettyJson.Number(one.Column)));

    // A policy's text may come from anybody; the tabs that carets stand under stay.
    private static string SafeLines(string text) =>
        string.Join('\n', text.Split('\n').Select(line => string.Join('\t', line.Split('\t').Select(SafeText.Of))));
}
