using System.Globalization;

namespace Writ.Cli.Printing;

/// <summary>How far long work has come, on one line that is written again and again: for people alone, never on a pipe.
/// </summary>
internal sealed class ProgressBar(TextWriter errors, bool isWatched, string what) : IDisposable
{
    private const int Width = 30;
    private int _shown = -1;

    public void Show(long done, long all)
    {
        var percent = all <= 0 ? 100 : (int)Math.Clamp(100 * done / all, 0, 100);
        if (!isWatched || percent == _shown)
            return;
        _shown = percent;
        var bar = new string('#', Width * percent / 100).PadRight(Width);
        errors.Write(string.Create(CultureInfo.InvariantCulture, $"\r[{bar}] {percent,3} % of {all:N0} {what}"));
        errors.Flush();
    }

    /// <summary>Clears the line.</summary>
    public void Dispose()
    {
        if (_shown >= 0)
            errors.Write("\r" + new string(' ', Width + 40) + "\r");
    }
}
