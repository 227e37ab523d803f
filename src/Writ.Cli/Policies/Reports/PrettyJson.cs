using System.Text;
using Writ.Rego.Values;

namespace Writ.Cli.Policies.Reports;

/// <summary>JSON over several lines whose members keep the order in which they are given.</summary>
internal static class PrettyJson
{
    private const string Indent = "  ";

    public static string Value(RegoValue value) => value.ToJson(Indent);

    public static string Text(string text) => RegoString.Of(text).ToJson();

    public static string Number(long number) => RegoNumber.Of(number).ToJson();

    public static string Number(double number) => RegoNumber.Of(number).ToJson();

    /// <summary>An object; members without a value are left out.</summary>
    public static string Object(params IEnumerable<(string Name, string? Json)> members) => Nest(
        '{', members.Where(member => member.Json is not null).Select(member => $"{Text(member.Name)}: {member.Json}"),
        '}');

    public static string Array(IEnumerable<string> items) => Nest('[', items, ']');

    // Texts hold no line ends of their own: each in them is one of the layout's.
    private static string Nest(char open, IEnumerable<string> items, char close)
    {
        var text = new StringBuilder().Append(open);
        var isFirst = true;
        foreach (var item in items)
        {
            text.Append(isFirst ? "\n" : ",\n").Append(Indent)
                .Append(item.Replace("\n", "\n" + Indent, StringComparison.Ordinal));
            isFirst = false;
        }

        return text.Append(isFirst ? "" : "\n").Append(close).ToString();
    }
}
