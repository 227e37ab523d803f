using System.Diagnostics;
using System.Globalization;
using System.Text;
using Writ.Rego.Values;

namespace Writ.Bench.Rego;

/// <summary>Loading base documents: seconds, and memory as a multiple of the text, loaded and wholly read.</summary>
internal static class DocumentBench
{
    private static readonly (string Name, char Open, Func<int, string> Make)[] Kinds =
    [
        ("records", '[', i => $$$"""
            {"id":"u-{{{i:x8}}}","name":"user number {{{i}}}","roles":["viewer","editor-{{{i % 40}}}"],"active":true,
            "age":{{{i % 90}}},"team":{"id":{{{i % 500}}},"path":"/org/{{{i % 17}}}/team"} }
            """),
        ("numbers", '[', i => string.Create(CultureInfo.InvariantCulture, $"[{i},{i * 7919L},{i % 1000}.5]")),
        ("texts", '[', i => $"\"a text of its own that nobody else has, number {i}\""),
        ("one large object", '{', i => $$"""
            "grant-{{i:x8}}":["orders:read","orders:write"]
            """),
    ];

    public static void Run(Report report, Pace pace)
    {
        foreach (var (name, open, make) in Kinds)
        {
            var label = string.Create(
                CultureInfo.InvariantCulture, $"{pace.DocumentMegabytes} MB of JSON, {name}");
            if (!pace.Takes(label))
                continue;
            var (loaded, touched, seconds) = Measure(Grow(open, make, pace.DocumentMegabytes));
            report.Add(new Figure("rego", $"{label}: load", seconds, "s"));
            report.Add(new Figure("rego", $"{label}: memory of its text", loaded, "x"));
            report.Add(new Figure("rego", $"{label}: memory when all is read", touched, "x"));
        }
    }

    private static byte[] Grow(char open, Func<int, string> make, int megabytes)
    {
        var text = new StringBuilder().Append(open);
        for (var i = 0; text.Length < megabytes * 1_000_000; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(make(i));
        }

        return Encoding.UTF8.GetBytes(text.Append(open == '[' ? ']' : '}').ToString());
    }

    private static (double Loaded, double Touched, double Seconds) Measure(byte[] json)
    {
        var size = json.Length;
        var before = GC.GetTotalMemory(forceFullCollection: true) - size;
        var clock = Stopwatch.StartNew();
        var value = RegoValue.ParseJsonDocument(json);
        var seconds = clock.Elapsed.TotalSeconds;
        var loaded = GC.GetTotalMemory(forceFullCollection: true) - before;
        value.GetHashCode(); // reads every part
        var touched = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(value);
        return ((double)loaded / size, (double)touched / size, seconds);
    }
}
