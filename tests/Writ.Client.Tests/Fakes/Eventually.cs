namespace Writ.Client.Tests;

/// <summary>Waits for something that another process or thread brings about, and fails when it does not.</summary>
internal static class Eventually
{
    internal static async Task IsTrueAsync(Func<bool> claim, string what, TimeSpan? limit = null)
    {
        using var end = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(15));
        while (!claim())
        {
            if (end.IsCancellationRequested)
                Assert.Fail("It never came about that " + what + ".");
            await Task.Delay(20);
        }
    }
}
