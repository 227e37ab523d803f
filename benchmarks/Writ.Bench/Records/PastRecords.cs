using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Server.Storage;

namespace Writ.Bench.Records;

/// <summary>
/// Plausible records of a year: a thousand agents, of which few do most; twenty thousand users; tasks with a few
/// records each, some below others; a new policy every few days; approvals, refusals and changes of the registry, rare.
/// The same for the same place in the log, so that a store can be filled in several runs.
/// </summary>
internal static class PastRecords
{
    public const int Agents = 1000;
    public const int Users = 20_000;
    public const int Resources = 50;
    public const int PerTask = 8;

    /// <summary>The first record's time.</summary>
    public const long Began = 1_700_000_000_000_000;

    /// <summary>From one record to the next: ten million fill a year.</summary>
    public const long Pace = 3_150_000;

    public static string Agent(ulong n) => $"spiffe://bench.example/agent/a{n}";

    public static string User(ulong n) => $"https://idp.example#user{n}";

    public static string Resource(ulong n) => $"https://api{n}.example";

    public static string Operator(ulong n) => $"spiffe://bench.example/operator/o{n}";

    public static string Policy(long idx) =>
        Text((ulong)idx / 200_000, 'p').PadRight(64, '0');

    public static string TaskOf(long idx) =>
        "task_" + ((ulong)idx / PerTask).ToString("D26", CultureInfo.InvariantCulture);

    public static string Jti(long idx) => "at_" + idx.ToString("D26", CultureInfo.InvariantCulture);

    /// <summary>Numbers that look random.</summary>
    public static ulong Mix(ulong seed)
    {
        seed = (seed + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
        seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EB;
        return seed ^ (seed >> 31);
    }

    /// <summary>Whose task a record belongs to: half of all tasks are of fifty agents.</summary>
    public static ulong AgentOf(long idx)
    {
        var dice = Mix((ulong)idx / PerTask);
        return dice % 2 == 0 ? dice / 2 % 50 : dice / 2 % Agents;
    }

    public static ulong UserOf(long idx) => Mix(((ulong)idx / PerTask) + 77) % Users;

    /// <summary>The tasks of some records, in the order of the log.</summary>
    public static IEnumerable<TaskRow> Tasks(long from, long to)
    {
        for (var idx = from; idx < to; idx += PerTask)
        {
            var isBelow = (idx / PerTask) % 4 == 3;
            yield return new TaskRow
            {
                Id = TaskOf(idx),
                Workflow = $"flow{AgentOf(idx) % 20}",
                Agent = Agent(AgentOf(idx)),
                Parent = isBelow ? TaskOf(idx - PerTask) : null,
                Ancestors = isBelow ? TaskOf(idx - PerTask) : "",
                Purpose = "bench",
                OnBehalfOf = Mix((ulong)idx) % 3 == 0 ? null : User(UserOf(idx)),
                Authority = "[]",
                Status = TaskStatusName.Completed,
                OpenedBy = Agent(AgentOf(idx)),
                OpenedAt = Began + (idx * Pace),
                Deadline = Began + ((idx + 1000) * Pace),
            };
        }
    }

    /// <summary>A record as a store holds it: all of it core, as before a detail could be erased.</summary>
    public static RecordRow Of(long idx)
    {
        var dice = Mix((ulong)idx + 5);
        var agent = Agent(AgentOf(idx));
        var (kind, isYes) = (idx % PerTask) switch
        {
            0 => ("task.start", true),
            1 or 2 or 3 => ("token.issue", true),
            4 => ("token.exchange", true),
            5 => ("access.evaluate", true),
            6 => ("token.issue", false),
            _ => ("task.end", true),
        };
        var isChange = dice % 5000 == 0;
        if (isChange) (kind, isYes) = ("identity.update", true);
        var at = Began + (idx * Pace);
        var detail = new JsonObject
        {
            ["authorization_details"] = $$"""
                [{"type":"writ_access","actions":["{{(dice % 8 == 0 ? "orders:write" : "orders:read")}}"],
                "locations":["{{Resource(dice / 8 % Resources)}}"]}]
                """,
            ["policy"] = Policy(idx),
            ["workflow"] = $"flow{AgentOf(idx) % 20}",
        };
        var record = new JsonObject
        {
            ["actor"] = isChange ? Operator(dice % 40) : agent,
            ["at"] = at,
            ["decision_id"] = "dec_" + idx.ToString("D26", CultureInfo.InvariantCulture),
            ["detail"] = detail,
            ["kind"] = kind,
            ["outcome"] = isYes ? "allow" : "deny",
            ["request_id"] = Text(dice, 'q'),
            ["subject"] = agent,
            ["v"] = 1,
        };
        if (!isChange) record["task"] = TaskOf(idx);
        if (!isYes) record["reason"] = $"refused_{dice % 12}";
        if (kind == "token.exchange") detail["act"] = $"{agent} < {Agent(dice % Agents)}";
        if (isYes && kind.StartsWith("token.", StringComparison.Ordinal))
        {
            record["jti"] = Jti(idx);
            record["expires_at"] = at + 900_000_000;
            detail["cnf"] = "DpopKey " + Text(dice, 'x');
        }
        if (dice % 2000 == 0)
        {
            detail["approval"] = $"apr_{idx}";
            detail["approved_by"] = Operator(dice / 2000 % 40);
        }
        return new RecordRow { Idx = idx, Core = JsonSerializer.SerializeToUtf8Bytes(record) };
    }

    private static string Text(ulong number, char first) =>
        first + number.ToString("x16", CultureInfo.InvariantCulture);
}
