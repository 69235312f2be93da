"""The hotline 热线: five lines for blocked transport."""
