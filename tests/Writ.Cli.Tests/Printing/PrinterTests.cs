using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Tests.Printing;

public sealed class PrinterTests
{
    private static readonly JsonArray Items =
    [
        new JsonObject
        {
            ["id"] = "spiffe://example.org/agent/billing",
            ["status"] = "active",
            ["expires_at"] = "2026-11-22T02:22:03.913267Z",
            ["labels"] = new JsonObject { ["app"] = "x" },
        },
        new JsonObject { ["id"] = "spiffe://example.org/agent/[red]a", ["status"] = "suspended" },
    ];

    private static readonly Column[] Columns =
        [Column.Name("id", "name"), Column.Of("status"), Column.Of("expires_at", "expires"), Column.Of("labels")];

    [Fact]
    public void A_table_has_a_line_for_each_item_and_no_trailing_blanks()
    {
        Assert.Equal(
            """
            NAME          STATUS     EXPIRES              LABELS
            agent/billing active     2026-11-22 02:22:03  app=x
            agent/[red]a  suspended

            """.Replace("agent/billing active", "agent/billing  active", StringComparison.Ordinal)
                .Replace("NAME          ", "NAME           ", StringComparison.Ordinal)
                .Replace("agent/[red]a  ", "agent/[red]a   ", StringComparison.Ordinal),
            Print(OutputFormat.Table, printer => printer.List(Items, Columns)));
    }

    [Fact]
    public void An_empty_table_says_so() =>
        Assert.Equal("None.\n", Print(OutputFormat.Table, printer => printer.List([], Columns)));

    [Fact]
    public void Json_is_the_answer_itself()
    {
        var text = Print(OutputFormat.Json, printer => printer.List(Items, Columns));

        Assert.True(JsonNode.DeepEquals(Items, JsonNode.Parse(text)));
    }

    [Fact]
    public void Yaml_quotes_what_would_be_read_otherwise()
    {
        var item = JsonNode.Parse("""{"a": "true", "b": true, "c": "007", "d": 7, "e": ["x"]}""")!.AsObject();

        Assert.Equal(
            """
            a: "true"
            b: true
            c: "007"
            d: 7
            e:
              - x

            """,
            Print(OutputFormat.Yaml, printer => printer.One(item)));
    }

    [Fact]
    public void One_thing_is_shown_member_by_member()
    {
        var item = new JsonObject
        {
            ["client_id"] = "a",
            ["entitlements"] = new JsonArray(
                Detail("orders:read", "http://a"), Detail("orders:list", "http://b")),
            ["bearer"] = false,
        };

        Assert.Equal(
            """
            client id     a
            entitlements  orders:read@http://a
                          orders:list@http://b
            bearer        no

            """,
            Print(OutputFormat.Table, printer => printer.One(item)));
    }

    [Fact]
    public void A_pipe_gets_no_escape_codes_and_no_broken_lines()
    {
        var items = new JsonArray(new JsonObject { ["id"] = new string('a', 500), ["status"] = "active" });

        var text = Print(OutputFormat.Table, printer => printer.List(items, [Column.Of("id"), Column.Of("status")]));

        Assert.DoesNotContain('\e', text);
        Assert.Equal(2, text.TrimEnd().Split('\n').Length);
    }

    private static JsonObject Detail(string action, string place) => new()
    {
        ["type"] = "writ_access",
        ["actions"] = new JsonArray(action),
        ["locations"] = new JsonArray(place),
    };

    private static string Print(OutputFormat format, Action<Printer> act)
    {
        using var output = new StringWriter();
        act(new Printer(output, format, isTerminal: false));
        return output.ToString();
    }
}
