namespace Writ.Client.Tests;

/// <summary>Waits for something that another process or thread brings about, and fails when it does not.</summary>
internal static class Eventually
{
    internal static Task IsTrueAsync(Func<bool> claim, string what, TimeSpan? limit = null) =>
        HoldsAsync(() => Task.FromResult(claim()), what, limit);

    internal static async Task HoldsAsync(Func<Task<bool>> claim, string what, TimeSpan? limit = null)
    {
        using var end = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(15));
        while (!await claim())
        {
            if (end.IsCancellationRequested)
                Assert.Fail("It never came about that " + what + ".");
            await Task.Delay(20);
        }
    }
}
