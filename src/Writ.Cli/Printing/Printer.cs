using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Writ.Cli.Printing;

/// <summary>Writes answers in the chosen format.</summary>
internal sealed class Printer(TextWriter output, OutputFormat format, bool isTerminal)
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly Style Dim = new(decoration: Decoration.Dim);

    public OutputFormat Format => format;

    /// <summary>A list of items: as a table, one a line; else as an array.</summary>
    public void List(JsonArray items, IReadOnlyList<Column> columns)
    {
        if (format != OutputFormat.Table)
        {
            Data(items);
            return;
        }

        if (items.Count == 0)
        {
            output.WriteLine("None.");
            return;
        }

        var table = new Table { Border = TableBorder.None };
        for (var i = 0; i < columns.Count; i++)
        {
            var title = new TableColumn(new Text(columns[i].Title.ToUpperInvariant(), Dim));
            table.AddColumn(title.PadLeft(0).PadRight(i == columns.Count - 1 ? 0 : 2).NoWrap());
        }

        foreach (var item in items)
            table.AddRow(columns.Select(column => new Markup(Ink.Markup(column.Text(item!)))));
        Render(table);
    }

    /// <summary>One thing: its members, one a line; else as an object.</summary>
    public void One(JsonObject item)
    {
        if (format != OutputFormat.Table)
        {
            Data(item);
            return;
        }

        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn(new TableColumn("").PadLeft(0).PadRight(2).NoWrap());
        table.AddColumn(new TableColumn("").PadLeft(0).PadRight(0));
        foreach (var (name, value) in item)
        {
            foreach (var (title, text) in Rows(name.Replace('_', ' '), value))
                table.AddRow(new Text(SafeText.Of(title), Dim), new Markup(Ink.Markup(text)));
        }

        Render(table);
    }

    /// <summary>What was done, in one sentence; for programs the answer itself.</summary>
    public void Done(string sentence, JsonObject answer)
    {
        if (format == OutputFormat.Table)
            output.WriteLine(SafeText.Of(sentence));
        else
            Data(answer);
    }

    /// <summary>Something that Spectre draws.</summary>
    public void Render(IRenderable drawing)
    {
        // Spectre pads every line to the width of its table; a line of text ends with its last letter.
        using var buffer = new StringWriter();
        var console = Ink.Console(isTerminal ? output : buffer, isTerminal);
        console.Write(drawing);
        if (isTerminal)
            return;
        foreach (var line in buffer.ToString().TrimEnd().Split('\n'))
            output.WriteLine(line.TrimEnd());
    }

    /// <summary>JSON or YAML.</summary>
    public void Data(JsonNode node)
    {
        if (format == OutputFormat.Yaml)
            output.Write(YamlText.Of(node));
        else
            output.WriteLine(node.ToJsonString(Indented));
    }

    // A list of objects gets a line for each; everything else fits on one.
    private static IEnumerable<(string Title, string Text)> Rows(string name, JsonNode? value)
    {
        if (value is not JsonArray { Count: > 1 } array || array.Any(item => item is not JsonObject))
            return [(name, Cell.Of(value))];
        return array.Select((item, i) => (i == 0 ? name : "", Cell.Of(item)));
    }
}
