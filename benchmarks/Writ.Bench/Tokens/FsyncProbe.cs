using System.Diagnostics;

namespace Writ.Bench.Tokens;

/// <summary>What one durable write costs here: the unit of the goal for a single connection.</summary>
internal static class FsyncProbe
{
    private const int Writes = 201;

    /// <summary>The middle time of an append of one page and its fsync, where the benches keep their stores.</summary>
    public static TimeSpan Measure()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            var page = new byte[4096];
            var times = new TimeSpan[Writes];
            for (var i = 0; i < Writes; i++)
            {
                var start = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, page, (long)i * page.Length);
                RandomAccess.FlushToDisk(file);
                times[i] = Stopwatch.GetElapsedTime(start);
            }
            Array.Sort(times);
            return times[Writes / 2];
        }
        finally
        {
            File.Delete(path);
        }
    }
}
